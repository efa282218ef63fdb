import type { Prices } from './prices.ts';
import type { Usage } from './usage.ts';

/** Dollars by the service that bills them. */
export interface Dollars {
  readonly dynamodb: number;
  readonly sqs: number;
  readonly s3: number;
  readonly lambda: number;
}

export const dollarsOf = (usage: Usage, prices: Prices): Dollars => ({
  dynamodb: (usage.tableUnits + usage.indexUnits) * prices.writeUnit + usage.readUnits * prices.readUnit,
  sqs: usage.messages * prices.sqsRequest,
  s3: usage.puts * prices.s3Put + usage.gets * prices.s3Get,
  lambda:
    usage.invocations * prices.lambdaRequest +
    usage.armSeconds * prices.gigabyteSecondArm +
    usage.x86Seconds * prices.gigabyteSecondX86,
});

export const totalOf = (dollars: object): number =>
  Object.values(dollars).reduce((sum: number, each: number) => sum + each, 0);
