import { HoldfastError } from '../model/errors.ts';
import { type Finding, fail, warn } from './finding.ts';

/** How AWS says that it does not know who asks, or does not believe it. */
const credentialFaults = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
const notFound = new Set([
  'AWS.SimpleQueueService.NonExistentQueue',
  'NoSuchBucket',
  'QueueDoesNotExist',
  'ResourceNotFoundException',
]);
const notAllowed = new Set(['AccessDenied', 'AccessDeniedException']);

interface Advice {
  /** What is looked for, for the case that it is not there. */
  readonly what: string;
  /** What to do then. */
  readonly missing: string;
  /** The permission that the look takes. */
  readonly permission: string;
}

/** What a request to AWS that came to nothing says. */
export function trouble(check: string, error: unknown, advice: Advice): Finding {
  const cause = error instanceof HoldfastError ? error.cause : error;
  const name = cause instanceof Error ? cause.name : '';
  const said = cause instanceof Error ? [name, cause.message].filter(Boolean).join(': ') : String(cause);
  if (notFound.has(name)) return fail(check, `${advice.what} is not there`, advice.missing);
  if (notAllowed.has(name)) {
    const fix = `Allow ${advice.permission} to whoever runs this, or look by yourself.`;
    return warn(check, `${advice.what} may not be looked at: ${said}`, fix);
  }
  if (credentialFaults.has(name)) {
    const fix = 'Log in again, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
    return fail(check, `The credentials are not accepted: ${said}`, fix);
  }
  if (wasAnswered(cause)) {
    return fail(check, `${advice.what} gave no answer: ${said}`, 'Read what it says, and try again.');
  }
  const fix = 'Check AWS_ENDPOINT_URL (or that it is not set, for AWS), AWS_REGION and the network.';
  return { ...fail(check, `${advice.what} is not reached: ${said}`, fix), unreachable: true };
}

/** Whether the endpoint said anything, be it a refusal. */
function wasAnswered(error: unknown): boolean {
  const { $metadata } = Object(error) as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode !== undefined;
}
