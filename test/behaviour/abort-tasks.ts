import { setTimeout as pause } from 'node:timers/promises';
import { type Context, defineTask, HoldfastError } from 'holdfast';
import { configurePool, spawn } from 'holdfast/threads';
import * as z from 'zod';
import { requestCounts } from '../../lib/compose/request-count.ts';

/** Tasks that are aborted, in executor processes. What their handlers see they tell the test over HTTP. */

// Then whatever runs after a busy loop shows that the loop has left its thread.
configurePool({ maxWorkers: 1 });

const Url = z.url();

/** Resolves once the test has answered. */
async function tell(url: string, what: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await fetch(url, { method: 'POST', headers, body: JSON.stringify(what) });
}

function reasonOf({ reason }: AbortSignal) {
  if (!(reason instanceof HoldfastError)) throw new TypeError(`the reason is no HoldfastError: ${reason}`);
  return { code: reason.code, message: reason.message };
}

/** Never ends by itself, and does not look at any signal. */
function loopForEver(begun: Int32Array): never {
  Atomics.store(begun, 0, 1);
  Atomics.notify(begun, 0);
  for (;;);
}

async function burnOnThread(url: string, { signal }: Context): Promise<never> {
  const begun = new Int32Array(new SharedArrayBuffer(4));
  const burning = spawn(loopForEver, [begun], { signal });
  // Without this the abort would be an error left to nobody while the test is told.
  const ended = burning.catch((error: Error) => ({ name: error.name, message: error.message }));
  await Atomics.waitAsync(begun, 0, 0).value;
  await tell(`${url}/begun`, {});
  const thrown = await ended;
  const next = await spawn(() => 'ran', []);
  await tell(`${url}/aborted`, { reason: reasonOf(signal), thrown, next });
  return await burning;
}

export const burn = defineTask({ name: 'burn', input: Url, lease: '3s', run: burnOnThread });
export const burnBriefly = defineTask({
  name: 'burn-briefly',
  input: Url,
  // Long enough for a thread to start on a busy machine.
  timeout: '3s',
  retry: { maxAttempts: 1 },
  run: burnOnThread,
});

/** Claims and renewals, as this process has sent them; a heartbeat is a put. */
const leaseWrites = () => requestCounts()['dynamodb:UpdateItem'] ?? 0;

/** Loops until its signal aborts, and counts the renewals that went out meanwhile. */
export const heed = defineTask({
  name: 'heed',
  input: Url,
  lease: '3s',
  run: async (url, { signal }) => {
    const atStart = leaseWrites();
    while (leaseWrites() === atStart) await pause(5);
    const abortedEarly = signal.aborted;
    // Answered once the cancel is in the table.
    await tell(`${url}/begun`, {});
    const atCancel = leaseWrites();
    while (!signal.aborted) await pause(5);
    const renewals = leaseWrites() - atCancel;
    await tell(`${url}/aborted`, { reason: reasonOf(signal), abortedEarly, renewals });
  },
});
