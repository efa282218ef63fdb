import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Settings } from '../config/settings.ts';
import { inspectExpiry, inspectTable } from '../dynamodb/inspect-table.ts';
import { DynamoRunStore } from '../dynamodb/run-store.ts';
import { watchStoreClock } from '../dynamodb/store-clock.ts';
import type { Ms } from '../model/time.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import { isSettled, type OffsetGauge } from '../ports/clock-offset.ts';
import { judgeClock } from './clock.ts';
import type { Finding } from './finding.ts';
import { checkRuns } from './runs.ts';
import { judgeExpiry, judgeIndex, judgeTable } from './table.ts';
import { trouble } from './trouble.ts';

/** The table, its index, what is in it, and its clock. */
export async function* checkStore(
  db: DynamoDBDocumentClient,
  name: string,
  { clock, endpoint, settings }: { clock: Clock; endpoint: string; settings: Settings },
): AsyncGenerator<Finding> {
  const gauge = watchStoreClock(db, clock);
  const table = `The table ${name} (${endpoint})`;
  const missing = 'Deploy the stack first, or check HOLDFAST_TABLE, AWS_REGION and AWS_ENDPOINT_URL.';
  const advice = (permission: string) => ({ what: table, missing, permission });
  let hasIndex = true;
  try {
    const facts = await inspectTable(db, name);
    const found = judgeTable(table, facts);
    yield found;
    if (found.status === 'fail') return;
    const index = judgeIndex(facts);
    yield index;
    hasIndex = index.status !== 'fail';
  } catch (error) {
    const found = trouble('table', error, advice('dynamodb:DescribeTable'));
    yield found;
    if (found.status === 'fail') return;
  }
  yield await judgeExpiryOf(db, name).catch((error) =>
    trouble('expiry', error, advice('dynamodb:DescribeTimeToLive')),
  );
  if (hasIndex) {
    yield await checkRuns(new DynamoRunStore(db, name)).catch((error) =>
      trouble('runs', error, advice('dynamodb:Query and dynamodb:BatchGetItem')),
    );
  }
  await listenToTime(db, name, gauge, clock);
  yield judgeClock(gauge.read(), settings.clockTolerance);
}

const judgeExpiryOf = async (db: DynamoDBDocumentClient, name: string) =>
  judgeExpiry(name, await inspectExpiry(db, name));

const asksMax = 8;
/** Falls on another part of the second each time. */
const pauseMs: Ms = 170;

/** Asks until the answers leave little doubt. */
async function listenToTime(db: DynamoDBDocumentClient, name: string, gauge: OffsetGauge, clock: Clock) {
  for (let asked = 0; asked < asksMax && !isSettled(gauge.read()); asked += 1) {
    await sleep(clock, pauseMs);
    // A refusal tells the time as well.
    await inspectExpiry(db, name).catch(() => {});
  }
}
