import { HoldfastError } from '../model/errors.ts';

/** An answer that is an error, in the shape that the SDK gives to those of other services. */
export class S3Error extends Error {
  override readonly name: string;
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = code;
    this.$metadata = { httpStatusCode: status };
  }
}

/** @param body XML, or nothing where the method was HEAD */
export function errorOfAnswer(status: number, body: string): S3Error {
  const [, code = status === 404 ? 'NotFound' : `Status${status}`] =
    /<Code>([^<]{1,100})<\/Code>/.exec(body) ?? [];
  const [, message = ''] = /<Message>([^<]{1,1000})<\/Message>/.exec(body) ?? [];
  return new S3Error(status, code, message);
}

/** The status with which emulators answer what they have not. */
export const notImplemented = 501;
const passingCodes = new Set(['InternalError', 'RequestTimeout', 'SlowDown', 'OperationAborted']);

/** Whether the same request may succeed in a moment: nobody answered, or not for a reason that lies in it. */
export function isPassing(error: unknown): boolean {
  if (error instanceof HoldfastError) return false;
  if (!(error instanceof S3Error))
    return !(error instanceof Error && error.name === 'CredentialsProviderError');
  const { httpStatusCode } = error.$metadata;
  if (httpStatusCode === notImplemented) return false;
  return httpStatusCode >= 500 || httpStatusCode === 429 || passingCodes.has(error.name);
}

/** As the errors of the table: what keeps an answer away may pass, that a bucket is not there does not. */
export function translate(bucket: string, error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const { message, name } = error instanceof Error ? error : { message: String(error), name: '' };
  if (name === 'NoSuchBucket')
    return new HoldfastError('BucketNotFound', `There is no bucket ${bucket} at this endpoint`, {
      cause: error,
    });
  const what = [name, message].filter((part) => part !== '').join(': ');
  return new HoldfastError('StoreUnreachable', `The bucket ${bucket} gave no answer: ${what}`, {
    cause: error,
    ...(name === 'AccessDenied' && {
      hint: 'Allow s3:GetObject and s3:PutObject on the objects of the bucket, and s3:ListBucket on the bucket: without that, S3 refuses to say that an object is not there.',
    }),
  });
}
