import { expect, it } from 'vitest';
import { Endings } from '../../bench/stack/endings.ts';
import type { Applied, RunStore } from '../../lib/ports/run-store.ts';

/** A store whose writes leave a run in this phase. */
const leaving = (phase: string, applied = true): RunStore =>
  ({ apply: async () => ({ applied, run: { run: 'one', phase } }) as Applied }) as unknown as RunStore;

it.each(['before it is asked', 'after it is asked'])('tells of an end %s', async (when) => {
  const endings = new Endings();
  const end = () => endings.watch(leaving('succeeded')).apply({} as never);
  if (when.startsWith('before')) await end();
  const ended = endings.of('one');
  if (when.startsWith('after')) await end();
  await expect(ended).resolves.toBeUndefined();
});

it('fails for a run that ends without success', async () => {
  const endings = new Endings();
  await endings.watch(leaving('failed')).apply({} as never);
  await expect(endings.of('one')).rejects.toThrow('run one has failed');
});

it.each([
  ['a write that leaves it active', leaving('active')],
  ['a write that was refused', leaving('succeeded', false)],
])('takes %s for no end', async (_what, store) => {
  const endings = new Endings();
  const watched = endings.watch(store);
  let isEnded = false;
  const ended = endings.of('one').then(() => {
    isEnded = true;
  });
  await watched.apply({} as never);
  expect(isEnded).toBe(false);
  await endings.watch(leaving('succeeded')).apply({} as never);
  await ended;
});
