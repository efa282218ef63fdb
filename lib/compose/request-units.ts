import {
  type AttributeValue,
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import type { Usage } from '../cost/usage.ts';
import { itemOfError } from '../dynamodb/document-client.ts';
import { readUnits, sizeOfItem, writeUnits } from '../dynamodb/item-size.ts';
import type { Stored } from '../dynamodb/stored-value.ts';
import { stateIndex } from '../dynamodb/table.ts';

/** Requests of DynamoDB that tell what they consumed, if they are asked to. */
const writing: ReadonlySet<string> = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems']);
const reading: ReadonlySet<string> = new Set(['GetItem', 'BatchGetItem', 'Query']);

export const tellsCapacity = (command: string): boolean => writing.has(command) || reading.has(command);

/** As DynamoDB answers it; of requests on several tables a list. */
interface Consumed {
  readonly CapacityUnits?: number;
  readonly Table?: { readonly CapacityUnits?: number };
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits?: number }>>;
}

/** What came of a request: an answer, or what was thrown instead. */
export type Outcome = { readonly output: unknown } | { readonly error: unknown };

/** Whether the answer leaves out what it was asked to tell: some emulators do. */
export const isUntold = (command: string, outcome: Outcome): boolean =>
  tellsCapacity(command) && 'output' in outcome && consumedOf(outcome.output).length === 0;

/**
 * What a request to DynamoDB was billed, as the answer tells; by the size of the item where it does not. A write whose
 * condition failed tells nothing: it is billed by the size of the item that stood in its way. One that was throttled, or
 * that nobody answered, is counted as a request without units.
 */
export function dynamodbUsage(command: string, input: unknown, outcome: Outcome): Partial<Usage> {
  if ('output' in outcome && isUntold(command, outcome)) return weighed(command, input, outcome.output);
  const consumed = 'output' in outcome ? consumedOf(outcome.output) : [];
  const table = sum(consumed.map(({ CapacityUnits, Table }) => Table?.CapacityUnits ?? CapacityUnits));
  const index = sum(
    consumed.flatMap((each) =>
      Object.values(each.GlobalSecondaryIndexes ?? {}).map((units) => units.CapacityUnits),
    ),
  );
  if (reading.has(command)) return { reads: 1, readUnits: table + index };
  if (!writing.has(command)) return {};
  const writes = itemsOf(input);
  const tableUnits = 'error' in outcome ? refusedUnits(outcome.error) : table;
  return { writes, tableUnits, indexUnits: index };
}

const consumedOf = (output: unknown): readonly Consumed[] => {
  const { ConsumedCapacity = [] } = (output ?? {}) as { ConsumedCapacity?: Consumed | Consumed[] };
  return Array.isArray(ConsumedCapacity) ? ConsumedCapacity : [ConsumedCapacity];
};

/** By what was sent and what came back: of reads the least there can be, of updates the item after it. */
function weighed(command: string, input: unknown, output: unknown): Partial<Usage> {
  // What is sent, and what comes, is as the document client has it.
  const { Attributes = {}, Item: found = {} } = (output ?? {}) as { Attributes?: Stored; Item?: Stored };
  if (reading.has(command)) return { reads: 1, readUnits: readUnits(sizeOfItem(found)) };
  const writes = itemsOf(input);
  if (command === 'TransactWriteItems') return { writes, tableUnits: 2 * writes };
  const { Item: put } = input as { Item?: Stored };
  if (put) return { writes, tableUnits: writeUnits(sizeOfItem(put)), indexUnits: inIndex(put) };
  return { writes, tableUnits: writeUnits(sizeOfItem(Attributes)), indexUnits: moves(input) };
}

const inIndex = (item: Stored): number => (stateIndex.partition in item ? 1 : 0);

/** An entry of the index that moves is taken out and put in. */
function moves(input: unknown): number {
  const { ExpressionAttributeNames: names = {}, UpdateExpression: update = '' } = input as {
    ExpressionAttributeNames?: Readonly<Record<string, string>>;
    UpdateExpression?: string;
  };
  const keys = Object.keys(names).filter((alias) => names[alias] === stateIndex.sort);
  return keys.some((alias) => update.includes(`${alias} =`)) ? 2 : 0;
}

const itemsOf = (input: unknown): number =>
  (input as { TransactItems?: readonly unknown[] } | undefined)?.TransactItems?.length ?? 1;

function refusedUnits(error: unknown): number {
  if (error instanceof ConditionalCheckFailedException) return writeUnits(bytesOf(error.Item));
  if (!(error instanceof TransactionCanceledException)) return 0;
  const reasons = error.CancellationReasons ?? [];
  return 2 * sum(reasons.map(({ Item }) => writeUnits(bytesOf(Item))));
}

/** An error has it as it came. */
const bytesOf = (item: Record<string, AttributeValue> | undefined): number =>
  item ? sizeOfItem(itemOfError(item)) : 0;

const sum = (numbers: readonly (number | undefined)[]): number =>
  numbers.reduce<number>((total, number = 0) => total + number, 0);

const chunkBytes = 65_536;

interface Bodies {
  readonly Entries?: readonly { readonly MessageBody?: string }[];
  readonly MessageBody?: string;
  readonly Messages?: readonly { readonly Body?: string }[];
}

/** Each 64 KB of what is sent or received is a request. */
export function sqsUsage(input: unknown, outcome: Outcome): Partial<Usage> {
  const { Entries = [], MessageBody = '' } = (input ?? {}) as Bodies;
  const { Messages = [] } = ('output' in outcome ? (outcome.output ?? {}) : {}) as Bodies;
  const bodies = [
    MessageBody,
    ...Entries.map((entry) => entry.MessageBody),
    ...Messages.map(({ Body }) => Body),
  ];
  const bytes = sum(bodies.map((body = '') => Buffer.byteLength(body)));
  return { sqsRequests: Math.max(1, Math.ceil(bytes / chunkBytes)) };
}

/** Of a request to S3, by the name that AWS bills it by. */
export const s3Usage = (name: string): Partial<Usage> =>
  /^(Get|Head)/.test(name) ? { s3Gets: 1 } : { s3Puts: 1 };
