# Holdfast without the CDK, by Terraform. One pool with one lane: the same table, queues, functions and permissions as
# the construct makes; test/infra compares them. Missing beside it: alarms, the dashboard, pools, and handlers on
# threads of their own.
#
#   npm install holdfast zod esbuild
#   for each in execute discover dead-letter api; do
#     npx esbuild ../sam/src/$each.ts --outfile=dist/$each/index.mjs --bundle --platform=node --format=esm --target=node24 \
#       --minify --keep-names --main-fields=module,main \
#       --banner:js="import{createRequire}from'node:module';const require=createRequire(import.meta.url);"
#   done
#   terraform init && terraform apply

terraform {
  required_version = ">= 1.9"
  required_providers {
    archive = { source = "hashicorp/archive", version = "~> 2.7" }
    aws     = { source = "hashicorp/aws", version = "~> 6.0" }
  }
}

variable "name" {
  type        = string
  default     = "holdfast"
  description = "Begins the name of everything that this makes."
}

locals {
  pools = jsonencode({ default = { tags = [], lanes = { normal = aws_sqs_queue.doorbells.url } } })

  environment = {
    HOLDFAST_TABLE               = aws_dynamodb_table.runs.name
    HOLDFAST_POOLS               = local.pools
    HOLDFAST_PAYLOAD_BUCKET      = aws_s3_bucket.payloads.bucket
    HOLDFAST_LOG_LEVEL           = "info"
    POWERTOOLS_SERVICE_NAME      = var.name
    POWERTOOLS_METRICS_NAMESPACE = "Holdfast"
  }

  payloads = [
    { actions = ["s3:GetObject", "s3:PutObject"], on = ["${aws_s3_bucket.payloads.arn}/*"] },
    { actions = ["s3:ListBucket"], on = [aws_s3_bucket.payloads.arn] },
  ]

  functions = {
    execute = {
      timeout     = 900
      environment = { HOLDFAST_POOL = "default" }
      permissions = concat(local.payloads, [
        { actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], on = [aws_dynamodb_table.runs.arn] },
        # Who waits for a limit is listed and deleted: their items, and no others.
        { actions = ["dynamodb:DeleteItem", "dynamodb:Query"], on = [aws_dynamodb_table.runs.arn], partitions = "SLOTS#*" },
        {
          actions = [
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
          ]
          on = [aws_sqs_queue.doorbells.arn]
        },
      ])
    }
    discover = {
      timeout     = 60
      environment = { HOLDFAST_DISCOVERY_PERIOD = "60s" }
      permissions = concat(local.payloads, [
        { actions = ["dynamodb:Query"], on = ["${aws_dynamodb_table.runs.arn}/index/byState"] },
        {
          actions = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
          on      = [aws_dynamodb_table.runs.arn]
        },
        { actions = ["sqs:GetQueueAttributes", "sqs:SendMessage"], on = [aws_sqs_queue.doorbells.arn] },
      ])
    }
    dead-letter = {
      timeout     = 60
      environment = {}
      permissions = [
        { actions = ["dynamodb:GetItem"], on = [aws_dynamodb_table.runs.arn] },
        {
          actions = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
          on      = [aws_sqs_queue.dead_letters.arn]
        },
      ]
    }
    api = {
      timeout     = 30
      environment = {}
      permissions = concat(local.payloads, [
        {
          actions = [
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
          ]
          on = [aws_dynamodb_table.runs.arn]
        },
        { actions = ["dynamodb:Query"], on = ["${aws_dynamodb_table.runs.arn}/index/byState"] },
        { actions = ["sqs:GetQueueAttributes", "sqs:SendMessage"], on = [aws_sqs_queue.doorbells.arn] },
        # To show what lies there, and to send it back.
        {
          actions = [
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ReceiveMessage",
            "sqs:StartMessageMoveTask",
          ]
          on = [aws_sqs_queue.dead_letters.arn]
        },
      ])
    }
  }
}

resource "aws_dynamodb_table" "runs" {
  name         = "${var.name}-runs"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"

  attribute {
    name = "pk"
    type = "S"
  }
  attribute {
    name = "sk"
    type = "S"
  }
  attribute {
    name = "statePk"
    type = "S"
  }
  attribute {
    name = "stateAt"
    type = "N"
  }

  global_secondary_index {
    name            = "byState"
    hash_key        = "statePk"
    range_key       = "stateAt"
    projection_type = "KEYS_ONLY"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket" "payloads" {
  bucket_prefix = "${var.name}-payloads-"
}

resource "aws_s3_bucket_public_access_block" "payloads" {
  bucket                  = aws_s3_bucket.payloads.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "payloads" {
  bucket = aws_s3_bucket.payloads.id

  rule {
    id     = "parts"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  dynamic "rule" {
    for_each = [35, 100, 500, 1000, 3000, 8000]
    content {
      id     = "keep-${rule.value}-days"
      status = "Enabled"
      filter {
        prefix = "keep-${rule.value}-days/"
      }
      expiration {
        days = rule.value
      }
    }
  }
}

resource "aws_s3_bucket_policy" "payloads" {
  bucket = aws_s3_bucket.payloads.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.payloads.arn, "${aws_s3_bucket.payloads.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
  # What is no doorbell stays in it, and is told of once an hour.
  visibility_timeout_seconds = 3600
}

resource "aws_sqs_queue" "doorbells" {
  name                      = "${var.name}-doorbells"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 345600
  # Six times the executor's timeout, as AWS advises.
  visibility_timeout_seconds = 5400
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 10
  })
}

resource "aws_sqs_queue_policy" "over_tls" {
  for_each  = { dead_letters = aws_sqs_queue.dead_letters, doorbells = aws_sqs_queue.doorbells }
  queue_url = each.value.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "sqs:*"
      Resource  = each.value.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

data "archive_file" "code" {
  for_each    = local.functions
  type        = "zip"
  source_dir  = "${path.module}/dist/${each.key}"
  output_path = "${path.module}/dist/${each.key}.zip"
}

resource "aws_cloudwatch_log_group" "function" {
  for_each          = local.functions
  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = 14
}

resource "aws_iam_role" "function" {
  for_each = local.functions
  name     = "${var.name}-${each.key}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions
  role     = aws_iam_role.function[each.key].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"]
      }],
      [for each in each.value.permissions : merge(
        { Effect = "Allow", Action = each.actions, Resource = each.on },
        try({ Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = [each.partitions] } } }, {}),
      )],
    )
  })
}

resource "aws_lambda_function" "function" {
  for_each         = local.functions
  function_name    = "${var.name}-${each.key}"
  role             = aws_iam_role.function[each.key].arn
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  memory_size      = 256
  timeout          = each.value.timeout
  handler          = "index.handler"
  filename         = data.archive_file.code[each.key].output_path
  source_code_hash = data.archive_file.code[each.key].output_base64sha256
  depends_on       = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function]

  environment {
    variables = merge(local.environment, each.value.environment)
  }
}

# Retries and hand-overs ring the queue that fed this invocation; a hop limit bounds them.
resource "aws_lambda_function_recursion_config" "execute" {
  function_name  = aws_lambda_function.function["execute"].function_name
  recursive_loop = "Allow"
}

resource "aws_lambda_event_source_mapping" "doorbells" {
  function_name           = aws_lambda_function.function["execute"].arn
  event_source_arn        = aws_sqs_queue.doorbells.arn
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_lambda_event_source_mapping" "dead_letters" {
  function_name           = aws_lambda_function.function["dead-letter"].arn
  event_source_arn        = aws_sqs_queue.dead_letters.arn
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_cloudwatch_event_rule" "tick" {
  name                = "${var.name}-tick"
  description         = "Holdfast: the tick of discovery"
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "tick" {
  rule = aws_cloudwatch_event_rule.tick.name
  arn  = aws_lambda_function.function["discover"].arn

  # A tick that failed is not worth repeating: the next one does all of its work.
  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 0
  }
}

resource "aws_lambda_permission" "tick" {
  function_name = aws_lambda_function.function["discover"].function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.tick.arn
}

resource "aws_lambda_function_url" "api" {
  function_name      = aws_lambda_function.function["api"].function_name
  authorization_type = "AWS_IAM" # requests must be signed
  invoke_mode        = "RESPONSE_STREAM"
}

output "api_url" {
  value       = aws_lambda_function_url.api.function_url
  description = "Requests must be signed (AWS_IAM)"
}

output "table_name" {
  value       = aws_dynamodb_table.runs.name
  description = "HOLDFAST_TABLE"
}

output "pools" {
  value       = local.pools
  description = "HOLDFAST_POOLS"
}
