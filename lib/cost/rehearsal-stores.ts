import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { unitsOfPut, unitsOfUpdate } from '../dynamodb/foreseen-units.ts';
import { readUnits, sizeOfItem, writeUnits } from '../dynamodb/item-size.ts';
import type { Stored } from '../dynamodb/stored-value.ts';
import type { Dispatch } from '../model/message.ts';
import type { Run } from '../model/run.ts';
import type { Creation, Transition } from '../model/transition.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Applied } from '../ports/run-store.ts';
import { MemoryQueue } from '../testing/memory-queue.ts';
import { MemoryRunStore } from '../testing/memory-stores.ts';
import { sendRequests } from './messages.ts';
import { currentTab } from './tab.ts';
import { nothing, plus, type Usage } from './usage.ts';

/** What AWS would bill, and what it would keep. */
export class Bill {
  usage: Usage = nothing;
  /** Of items that stay until their run expires. */
  itemBytes = 0;
  objectBytes = 0;
  logBytes = 0;

  add(usage: Partial<Usage>): void {
    currentTab()?.add(usage);
    this.usage = plus(this.usage, usage);
  }
}

/** Runs in memory; each write is billed by the size of its item. */
export class BilledRuns extends MemoryRunStore {
  readonly #bill: Bill;

  constructor(bill: Bill) {
    super();
    this.#bill = bill;
  }

  readonly foresee = (run: Run, transition?: Transition) =>
    transition ? unitsOfUpdate(run, transition) : unitsOfPut(run);

  override async create(creation: Creation): Promise<Applied> {
    this.#write(creation.run);
    return await super.create(creation);
  }

  override async apply(transition: Transition): Promise<Applied> {
    const run = await this.get(transition.key);
    if (run) this.#write(run, transition);
    return await super.apply(transition);
  }

  #write(run: Run, transition?: Transition): void {
    const { index, table } = this.foresee(run, transition);
    this.#bill.add({ writes: 1, tableUnits: table, indexUnits: index });
  }
}

/** What the stores of DynamoDB need of a table where they only put items, and get them. */
export class BilledTable {
  readonly #bill: Bill;
  readonly #items = new Map<string, Stored>();

  constructor(bill: Bill) {
    this.#bill = bill;
  }

  async send(command: unknown): Promise<object> {
    if (command instanceof PutCommand) return this.#put(command.input.Item ?? {});
    if (command instanceof GetCommand) return this.#get(command.input.Key ?? {});
    throw new Error('a rehearsal only puts items, and gets them');
  }

  #put(item: Stored): object {
    const bytes = sizeOfItem(item);
    this.#bill.add({ writes: 1, tableUnits: writeUnits(bytes) });
    this.#bill.itemBytes += bytes;
    this.#items.set(nameOf(item), item);
    return {};
  }

  #get(key: Stored): object {
    const item = this.#items.get(nameOf(key));
    this.#bill.add({ reads: 1, readUnits: readUnits(sizeOfItem(item ?? {})) });
    return { Item: item };
  }
}

const nameOf = ({ pk, sk }: Stored): string => `${pk} ${sk}`;

/** A bucket in memory. */
export class BilledObjects implements ObjectStore {
  readonly #bill: Bill;
  readonly #bodies = new Map<string, Uint8Array>();

  constructor(bill: Bill) {
    this.#bill = bill;
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    this.#bill.add({ s3Puts: 1 });
    this.#bill.objectBytes += body.byteLength;
    this.#bodies.set(key, body);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.#bill.add({ s3Gets: 1 });
    return this.#bodies.get(key);
  }

  async copy(): Promise<boolean> {
    throw new Error('a rehearsal copies nothing');
  }
}

/** Sends to this process. */
export class BilledQueue extends MemoryQueue {
  readonly #bill: Bill;

  constructor(bill: Bill) {
    super();
    this.#bill = bill;
  }

  override async send(dispatches: readonly Dispatch[]): Promise<readonly Dispatch[]> {
    this.#bill.add({ sqsRequests: sendRequests(dispatches.length) });
    return await super.send(dispatches);
  }
}
