import type { Ms } from '../model/time.ts';
import type { QueueFacts } from '../sqs/inspect-queue.ts';
import { type Finding, fail, faultsOr, ok, warn } from './finding.ts';

/** What a queue is held against. */
export interface QueueNeeds {
  /** The longest lease of a task, and whose it is. */
  readonly lease: { readonly ms: Ms; readonly of: string };
  /** Of the function that the queue feeds, where it is known. */
  readonly functionTimeoutMs: Ms | undefined;
  /** With more waiting messages discovery repeats no doorbell. */
  readonly deepQueue: number;
}

/** A worker renews this often in the time of a lease. */
const renewalsInLease = 3;
/** As AWS advises for queues that feed functions. */
const timeoutsInVisibility = 6;
/** Doorbells that are refused for good reasons come again some times; tasks that fail are no matter of the queue. */
const receivesMin = 10;

/** Whether a queue of a pool does what Holdfast expects of it. */
export function judgeQueue(
  { check, url }: { check: string; url: string },
  facts: QueueFacts,
  needs: QueueNeeds,
): readonly Finding[] {
  const { delay, isFifo, visibility, waiting } = facts;
  const faults = [...visibilityFaults(check, visibility, needs), ...redriveFaults(check, facts)];
  if (isFifo)
    faults.push(fail(check, 'It is a FIFO queue, which takes no doorbells', 'Create a standard queue.'));
  if (delay > 0)
    faults.push(warn(check, `It keeps each message back for ${delay} s`, 'Set its DelaySeconds to 0.'));
  if (waiting > needs.deepQueue) {
    const what = `${waiting} messages wait: discovery repeats no doorbell beyond ${needs.deepQueue}`;
    faults.push(warn(check, what, 'Run more workers, or see why those that run are slow: holdfast workers.'));
  }
  const fits = Math.floor(visibility / timeoutsInVisibility);
  const fine = `${url}: ${waiting} waiting; hidden for ${visibility} s, which suits functions of up to ${fits} s`;
  return faultsOr(faults, ok(check, fine));
}

function redriveFaults(check: string, { deadLetters }: QueueFacts): Finding[] {
  if (!deadLetters) {
    const what = 'It has no dead-letter queue: what nobody can handle comes again until it is too old';
    return [warn(check, what, 'Deploy the stack, or give the queue a RedrivePolicy.')];
  }
  const { receivesMax } = deadLetters;
  if (receivesMax >= receivesMin) return [];
  const what = `A message is given up after ${receivesMax} receives, though runs that wait take some`;
  return [warn(check, what, `Set maxReceiveCount of its RedrivePolicy to ${receivesMin} or more.`)];
}

function visibilityFaults(check: string, visibility: number, needs: QueueNeeds): Finding[] {
  const { functionTimeoutMs, lease } = needs;
  const visibilityMs = visibility * 1_000;
  const faults: Finding[] = [];
  if (functionTimeoutMs !== undefined && visibilityMs < timeoutsInVisibility * functionTimeoutMs) {
    const advised = Math.min(43_200, Math.ceil((timeoutsInVisibility * functionTimeoutMs) / 1_000));
    const what = `A message is visible again after ${visibility} s; the function takes up to ${functionTimeoutMs / 1_000} s`;
    const fix = `Set its VisibilityTimeout to ${advised} s, six times that.`;
    // Lambda refuses to be fed by such a queue.
    if (visibilityMs < functionTimeoutMs) faults.push(fail(check, what, fix));
    else if (visibility < advised) faults.push(warn(check, what, fix));
  }
  const renewalMs = lease.ms / renewalsInLease;
  if (visibilityMs < renewalMs) {
    const what = `A message is visible again after ${visibility} s, before the first renewal of ${lease.of} at ${renewalMs / 1_000} s`;
    faults.push(warn(check, what, `Set its VisibilityTimeout to ${Math.ceil(lease.ms / 1_000)} s or more.`));
  }
  return faults;
}

/** Whether anything lies where messages go that nobody could handle. */
export function judgeDeadLetters(name: string, { waiting }: QueueFacts): Finding {
  if (waiting === 0) return ok('dead letters', `${name}: empty`);
  return warn(
    'dead letters',
    `${name}: ${waiting} messages that nobody could handle`,
    'Read the log of the dead-letter function: it names their runs, which are untouched.',
  );
}
