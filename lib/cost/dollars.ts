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
  sqs: usage.sqsRequests * prices.sqsRequest,
  s3: usage.s3Puts * prices.s3Put + usage.s3Gets * prices.s3Get,
  lambda:
    usage.lambdaRequests * prices.lambdaRequest +
    usage.armGigabyteSeconds * prices.gigabyteSecondArm +
    usage.x86GigabyteSeconds * prices.gigabyteSecondX86,
});

export const totalOf = (dollars: object): number =>
  Object.values(dollars).reduce((sum: number, each: number) => sum + each, 0);
