import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pMap from 'p-map';
import type { DeployedApi, Shown } from './deployed.ts';
import { meanings, signalledMore } from './mixed-workflows.ts';

export interface MixedRun {
  readonly id: string;
  readonly name: string;
  readonly input: number;
}

const kinds = Object.keys(meanings);
const tasks: readonly string[] = ['plus', 'rationed'];
const atOnce = 6;

/** Submits so many runs over HTTP, of each kind as many, in turn; those that wait for a signal get it, early or late. */
export async function submitMixed(api: DeployedApi, count: number): Promise<readonly MixedRun[]> {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return await pMap(numbers, (input) => submit(api, input), { concurrency: atOnce });
}

async function submit(api: DeployedApi, input: number): Promise<MixedRun> {
  const name = kinds[input % kinds.length] ?? 'plus';
  const isTask = tasks.includes(name);
  const idempotencyKey = randomUUID();
  const { status, body } = await whileAway(() =>
    api.call<Shown>('POST', isTask ? '/tasks' : '/runs', {
      body: { [isTask ? 'task' : 'workflow']: name, input, idempotencyKey },
    }),
  );
  if (status !== 202 && status !== 200) throw new Error(`${name}: ${status} ${JSON.stringify(body)}`);
  if (name === 'signalled') {
    const told = await whileAway(() =>
      api.call('POST', `/runs/${body.id}/signals/go`, { body: { id: 'only', payload: signalledMore } }),
    );
    if (told.status !== 202) throw new Error(`signal: ${told.status} ${JSON.stringify(told.body)}`);
  }
  return { id: body.id, name, input };
}

/** An emulator that replaces a function's code ends the requests that are at it. */
async function whileAway<T extends { readonly status: number }>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask();
    if (answer.status < 500 || tries === 10) return answer;
    await pause(1_000);
  }
}

/** Those that did not end as their definition means, once all have ended. */
export async function strange(api: DeployedApi, runs: readonly MixedRun[]): Promise<readonly string[]> {
  const ended = await pMap(
    runs,
    async ({ id, input, name }) => {
      const { output, status } = await api.ended(id);
      const expected = meanings[name]?.(input);
      return status === 'succeeded' && output === expected
        ? undefined
        : `${name} of ${input}: ${status} ${JSON.stringify(output)}, not ${expected}`;
    },
    { concurrency: atOnce },
  );
  return ended.filter((each) => each !== undefined);
}
