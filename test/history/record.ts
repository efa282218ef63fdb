import { type Run, soleNode } from '../../lib/model/run.ts';
import type { Path, Transition } from '../../lib/model/transition.ts';
import type { Applied } from '../../lib/ports/run-store.ts';
import type { Operation } from './linearizable.ts';

const kinds: Readonly<Record<string, Operation['kind']>> = {
  claim: 'claim',
  takeOver: 'takeOver',
  renew: 'renew',
  commit: 'end',
  retry: 'handBack',
  yield: 'handBack',
  exhaust: 'exhaust',
  finaliseCancel: 'close',
};

/** Collects what senders did to the lease of one run's node, in the form that `isLinearizable` takes. */
export class LeaseHistory {
  readonly operations: Operation[] = [];
  #time = 0;

  /** Notes a request; until `answered` is called it counts as one without an answer. */
  sent(transition: Transition): (result: Applied) => void {
    const kind = kinds[transition.name];
    if (!kind) return () => {};
    const index = this.operations.length;
    const operation = { kind, ...shown(transition), sent: this.#time++ };
    this.operations.push({ ...operation, answered: Number.POSITIVE_INFINITY, answer: 'unknown' });
    return (result) => {
      const answer = result.applied ? epochOf(result.run) : 'refused';
      this.operations[index] = { ...operation, answered: this.#time++, answer };
    };
  }
}

const epochOf = (run: Run): number => run.nodes[soleNode]?.epoch ?? 0;

/** What a request shows of its sender. */
function shown({
  guards,
  updates,
}: Transition): Pick<Operation, 'owner' | 'epoch' | 'until' | 'expiredBefore'> {
  const guarded = (last: string, is: string) =>
    guards.find((guard) => guard.path.at(-1) === last && guard.is === is && 'value' in guard);
  const value = (found: ReturnType<typeof guarded>) => (found && 'value' in found ? found.value : undefined);
  const made = updates.find((update) => 'value' in update && isPath(update.set, 'lease'));
  const lease = made && 'value' in made ? (made.value as { nonce: string; until: number }) : undefined;
  const renewed = updates.find((update) => 'value' in update && isPath(update.set, 'until'));
  const epoch = value(guarded('epoch', '='));
  const until = lease?.until ?? (renewed && 'value' in renewed ? Number(renewed.value) : undefined);
  const expiredBefore = value(guarded('until', '<'));
  return {
    owner: lease?.nonce ?? String(value(guarded('nonce', '=')) ?? ''),
    ...(epoch !== undefined && { epoch: Number(epoch) }),
    ...(until !== undefined && { until }),
    ...(expiredBefore !== undefined && { expiredBefore: Number(expiredBefore) }),
  };
}

const isPath = (path: Path, last: string) => path[0] === 'nodes' && path.at(-1) === last;
