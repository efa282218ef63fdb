"""The tasks that `npx holdfast conformance` asks an executor for: docs/external-executor.md says what they do."""

from holdfast_executor import NonRetryable


def echo(input, ctx):
    return input


def fail(input, ctx):
    kind = ValueError if input["retryable"] else NonRetryable
    raise kind(input["message"])


def sleep(input, ctx):
    ctx.sleep(input["ms"] / 1000)
    return {"sleptMs": input["ms"]}


def report(input, ctx):
    print("printing is no message")
    ctx.progress(input["progress"])
    ctx.checkpoint(input["state"])
    ctx.log("info", input["message"], of="report")
    return ctx.checkpointed


def context(input, ctx):
    names = ["runId", "taskId", "attempt", "fencingToken", "idempotencyKey", "tenant", "workerId"]
    return {name: ctx[name] for name in names}


conformance_tasks = {f"conformance.{task.__name__}": task for task in [echo, fail, sleep, report, context]}
