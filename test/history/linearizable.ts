/**
 * One request on one node's lease, as its sender saw it. Times are of one clock that all senders share.
 *
 * `answer` is what came back: the epoch under which the write was applied, `refused`, or `unknown` where nothing came
 * back: such a write may have been applied at any time after it was sent, or never.
 */
export interface Operation {
  readonly kind: 'claim' | 'takeOver' | 'renew' | 'end' | 'handBack' | 'exhaust' | 'close';
  /** Whoever shows this nonce; nobody for `exhaust` and `close`, by which a cancel ends what nobody works on. */
  readonly owner: string;
  readonly sent: number;
  /** Infinity for `unknown`. */
  readonly answered: number;
  readonly answer: number | 'refused' | 'unknown';
  /** The epoch the sender shows: its own for renew, end and handBack, the seen one for takeOver and exhaust. */
  readonly epoch?: number;
  /** Where the lease shall end: claim, takeOver and renew. */
  readonly until?: number;
  /** The sender's idea of now, for takeOver and exhaust: the lease must have ended before this. */
  readonly expiredBefore?: number;
}

/** What one node's lease is, if requests come one after the other. */
interface Lease {
  readonly status: 'ready' | 'leased' | 'ended';
  readonly epoch: number;
  readonly owner: string;
  readonly until: number;
}

const unclaimed: Lease = { status: 'ready', epoch: 0, owner: '', until: 0 };

/** The lease after the operation, or undefined where it must be refused. */
function applied(lease: Lease, operation: Operation): Lease | undefined {
  const { kind, owner, epoch, until = 0, expiredBefore = Number.NEGATIVE_INFINITY } = operation;
  const mine = lease.status === 'leased' && lease.owner === owner && lease.epoch === epoch;
  const abandoned = lease.status === 'leased' && lease.epoch === epoch && lease.until < expiredBefore;
  switch (kind) {
    case 'claim':
      return lease.status === 'ready'
        ? { status: 'leased', epoch: lease.epoch + 1, owner, until }
        : undefined;
    case 'takeOver':
      return abandoned ? { status: 'leased', epoch: lease.epoch + 1, owner, until } : undefined;
    case 'renew':
      return mine ? { ...lease, until } : undefined;
    case 'handBack':
      return mine ? { ...lease, status: 'ready', owner: '' } : undefined;
    case 'end':
      return mine ? { ...lease, status: 'ended' } : undefined;
    case 'exhaust':
      return abandoned ? { ...lease, status: 'ended' } : undefined;
    case 'close':
      return lease.status === 'ready' || (lease.status === 'leased' && lease.until < expiredBefore)
        ? { ...lease, status: 'ended' }
        : undefined;
  }
}

/**
 * Whether the operations can be put into one order that agrees with what each sender saw, and with real time: one that
 * was answered before another was sent comes before it. The search of Wing and Gong, with visited states remembered.
 *
 * A refusal of `claim`, `end` and `handBack` agrees with every state: they have other guards too (a cancel, a pause, a
 * look in time). A refused renewal of the one that holds the lease does not.
 */
export function isLinearizable(history: readonly Operation[]): boolean {
  const operations = [...history].sort((a, b) => a.sent - b.sent);
  const visited = new Set<string>();
  const search = (done: ReadonlySet<number>, lease: Lease): boolean => {
    const left = [...operations.keys()].filter((index) => !done.has(index));
    if (left.every((index) => operations[index]?.answer === 'unknown')) return true;
    const key = `${[...done].sort((a, b) => a - b).join()}|${JSON.stringify(lease)}`;
    if (visited.has(key)) return false;
    visited.add(key);
    const firstAnswer = Math.min(...left.map((index) => operations[index]?.answered ?? 0));
    return left.some((index) => {
      const operation = operations[index];
      if (!operation || operation.sent > firstAnswer) return false;
      return outcomes(lease, operation).some((next) => search(new Set([...done, index]), next));
    });
  };
  return search(new Set(), unclaimed);
}

/** The leases that may be after the operation, if it happens now and was answered as it was. */
function outcomes(lease: Lease, operation: Operation): Lease[] {
  const next = applied(lease, operation);
  if (operation.answer === 'unknown') return next ? [next, lease] : [lease];
  if (operation.answer !== 'refused') return next?.epoch === operation.answer ? [next] : [];
  return operation.kind === 'renew' && next ? [] : [lease];
}
