import { HoldfastError } from '../model/errors.ts';

/** When the list prices below were looked up. */
export const pricesAsOf = 'November 2026';

/** List prices of one region in dollars, without any free tier, at the first step where they fall with volume. */
export interface Prices {
  /** DynamoDB on demand: of 1 KB that is written, in the table as in an index. */
  readonly writeUnit: number;
  /** DynamoDB on demand: of 4 KB that are read consistently, or 8 KB that are not. */
  readonly readUnit: number;
  /** A gigabyte of items for a month. */
  readonly tableGigabyteMonth: number;
  /** A request to a standard queue, for each 64 KB. */
  readonly sqsRequest: number;
  readonly lambdaRequest: number;
  readonly gigabyteSecondArm: number;
  readonly gigabyteSecondX86: number;
  /** S3: a put, and what is billed like one: copies and listings. */
  readonly s3Put: number;
  readonly s3Get: number;
  readonly s3GigabyteMonth: number;
  readonly logGigabyte: number;
  /** A metric that an alarm reads. */
  readonly alarmMetricMonth: number;
  readonly dashboardMonth: number;
  readonly keyMonth: number;
  readonly keyRequest: number;
}

const virginia: Prices = {
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  tableGigabyteMonth: 0.25,
  sqsRequest: 0.4 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  gigabyteSecondArm: 0.0000133334,
  gigabyteSecondX86: 0.0000166667,
  s3Put: 0.005 / 1e3,
  s3Get: 0.0004 / 1e3,
  s3GigabyteMonth: 0.023,
  logGigabyte: 0.5,
  alarmMetricMonth: 0.1,
  dashboardMonth: 3,
  keyMonth: 1,
  keyRequest: 0.03 / 1e4,
};

/** The region whose prices stand where none is named. */
export const baseRegion = 'us-east-1';

/** Regions of which every price was found; what is not said of one is as in `us-east-1`. */
const regions = {
  [baseRegion]: virginia,
  'eu-west-1': {
    ...virginia,
    writeUnit: 0.705 / 1e6,
    readUnit: 0.1415 / 1e6,
    tableGigabyteMonth: 0.283,
    logGigabyte: 0.57,
  },
  'eu-central-1': {
    ...virginia,
    writeUnit: 0.7625 / 1e6,
    readUnit: 0.1525 / 1e6,
    tableGigabyteMonth: 0.306,
    s3Put: 0.0054 / 1e3,
    s3Get: 0.00043 / 1e3,
    s3GigabyteMonth: 0.0245,
    logGigabyte: 0.63,
  },
} as const satisfies Readonly<Record<string, Prices>>;

export type PricedRegion = keyof typeof regions;

export const pricedRegions = Object.keys(regions) as readonly PricedRegion[];

export const isPriced = (region: string | undefined): region is PricedRegion =>
  (pricedRegions as readonly (string | undefined)[]).includes(region);

/** @throws HoldfastError `UnknownRegion` for one that is not in the table, naming those that are */
export function pricesIn(region: string = baseRegion): Prices {
  if (isPriced(region)) return regions[region];
  const known = pricedRegions.join(', ');
  throw new HoldfastError('UnknownRegion', `There are no prices of the region ${JSON.stringify(region)}`, {
    field: 'region',
    hint: `Choose one of ${known}; prices of others are mostly within a fifth of them.`,
  });
}
