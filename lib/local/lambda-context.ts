import type { Context } from 'aws-lambda';
import type { EpochMs } from '../model/time.ts';
import { localAccount, localRegion } from './credentials.ts';

/** What Lambda passes to a handler beside the event. */
export function lambdaContext(functionName: string, requestId: string, deadline: EpochMs): Context {
  const legacy = () => {
    throw new Error('The callback style of old runtimes is not supported: return a promise');
  };
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${localRegion}:${localAccount}:function:${functionName}`,
    memoryLimitInMB: '256',
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: `local/[$LATEST]${process.pid}`,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: legacy,
    fail: legacy,
    succeed: legacy,
  };
}
