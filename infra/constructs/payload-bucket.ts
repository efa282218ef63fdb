import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { lifetimePrefix, lifetimesInDays } from '../../lib/payload/lifetimes.ts';

interface PayloadBucketProps {
  readonly key: IKey | undefined;
  /** Default: the bucket outlives its stack. */
  readonly removalPolicy?: RemovalPolicy | undefined;
}

/** What is too large for the table, while it may be needed. It costs nothing while it is empty. */
export class PayloadBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: PayloadBucketProps) {
    super(scope, id);
    const { key, removalPolicy = RemovalPolicy.RETAIN } = props;
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      ...(key
        ? { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      // Uploads are whole objects; parts of one can only be somebody else's.
      lifecycleRules: [
        { id: 'parts', abortIncompleteMultipartUploadAfter: Duration.days(1) },
        ...lifetimesInDays.map((days) => ({
          id: `keep-${days}-days`,
          prefix: lifetimePrefix(days),
          expiration: Duration.days(days),
        })),
      ],
      removalPolicy,
    });
  }
}
