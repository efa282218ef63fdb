import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { HoldfastError } from '../../model/errors.ts';
import { protocolVersion } from '../wire.ts';
import type { Probe } from './probe.ts';

/** Rejects with what is wrong. */
type Check = (probe: Probe) => Promise<void>;

/** The tasks that an executor offers for the sake of these checks. */
export const taskNames = ['echo', 'fail', 'sleep', 'report', 'context'].map((name) => `conformance.${name}`);
/** Much longer than anybody waits. */
const hour = { ms: 3_600_000 };
/** Lets pieces of a line arrive apart. */
const pieceMs = 20;

const values: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1.5,
  9_007_199_254_740_991,
  1e300,
  '',
  'quote " backslash \\ slash / tab \t newline \n null \u0000 delete \u007f',
  'ä 日本 \u{1f600} \u2028',
  [],
  {},
  [[[null]], { '': { ' ': [1, '1', { deep: [{}] }] } }],
];

async function saysHello(probe: Probe): Promise<void> {
  const { protocol, tasks } = await probe.hear('hello');
  expectEqual(probe.said[0]?.type, 'hello', 'the type of its first message');
  expectEqual(protocol, protocolVersion, 'its protocol');
  const names = tasks.map(({ name }) => name);
  const missing = taskNames.filter((name) => !names.includes(name));
  expectEqual(missing, [], 'the list of tasks that these checks need and it does not offer');
}

async function givesValuesBack(probe: Probe): Promise<void> {
  for (const value of values) expectEqual(await probe.output(probe.execute('echo', value)), value, 'an echo');
  expectEqual(await probe.output(probe.execute('echo')), null, 'the echo of a missing input');
}

async function takesLargeValues(probe: Probe): Promise<void> {
  for (const value of ['x'.repeat(350_000), '\u{1f600}'.repeat(80_000), Array(80_000).fill(7)])
    expectEqual(await probe.output(probe.execute('echo', value)), value, 'the echo of a large value');
}

async function readsLines(probe: Probe): Promise<void> {
  const line = Buffer.from(`${JSON.stringify(probe.execution('pieces', 'echo', 'ä'))}\n`);
  const middleOfCharacter = line.indexOf('ä') + 1;
  for (const piece of [
    line.subarray(0, 5),
    line.subarray(5, middleOfCharacter),
    line.subarray(middleOfCharacter),
  ]) {
    probe.write(piece);
    await pause(pieceMs);
  }
  expectEqual(await probe.output('pieces'), 'ä', 'the echo of a line in pieces');
  const ids = ['first', 'second', 'third'];
  probe.write(ids.map((id) => `${JSON.stringify(probe.execution(id, 'echo', id))}\n`).join(''));
  for (const id of ids) expectEqual(await probe.output(id), id, 'the echo of one line of several at once');
}

async function executesSideBySide(probe: Probe): Promise<void> {
  const slow = probe.execute('sleep', hour);
  const ids = Array.from({ length: 20 }, (_, at) => [probe.execute('echo', at), at] as const);
  for (const [id, at] of ids)
    expectEqual(await probe.output(id), at, 'one of 20 echos beside a task that sleeps');
  for (const [id] of ids) expectEqual(probe.answers(id), 1, `the number of answers to ${id}`);
  expectEqual(probe.answers(slow), 0, 'the number of answers to the task that sleeps');
  probe.send({ type: 'cancel', id: slow, reason: { code: 'Cancelled', message: 'enough' } });
  await probe.answer(slow);
}

async function tellsTheContext(probe: Probe): Promise<void> {
  const names = ['runId', 'taskId', 'attempt', 'fencingToken', 'idempotencyKey', 'tenant', 'workerId'];
  const given = probe.execution('contextual', 'context', null);
  probe.send(given);
  const expected = Object.fromEntries(names.map((name) => [name, given[name]]));
  expectEqual(await probe.output('contextual'), expected, 'the context');
}

async function reportsFailures(probe: Probe): Promise<void> {
  for (const retryable of [true, false]) {
    const answer = await probe.answer(probe.execute('fail', { message: 'as told', retryable }));
    if (answer.type !== 'error') throw wrong('a failing task gave a result');
    expectEqual(answer.error.message, 'as told', 'the message of the error');
    expectEqual(answer.error.type !== '', true, 'whether the error has a type');
    expectEqual(answer.retryable, retryable, 'retryable');
  }
}

async function refusesUnknownTasks(probe: Probe): Promise<void> {
  const answer = await probe.answer(probe.execute('no-such-task'));
  expectEqual(answer.type, 'error', 'the answer to an unknown task');
  expectEqual(await probe.output(probe.execute('echo', 1)), 1, 'an echo after that');
}

async function reportsOnTheWay(probe: Probe): Promise<void> {
  const [progress, state, message] = [{ done: 1 }, [1, { next: 2 }], 'under way'];
  const id = probe.execute('report', { progress, state, message }, { checkpointed: { from: 'before' } });
  expectEqual(await probe.output(id), { from: 'before' }, 'what was checkpointed before');
  expectEqual((await probe.hear('progress', id)).value, progress, 'the progress');
  expectEqual((await probe.hear('checkpoint', id)).state, state, 'the checkpoint');
  const { level, message: logged } = await probe.hear('log', id);
  expectEqual({ level, message: logged }, { level: 'info', message }, 'the log line');
  expectEqual(probe.lastAbout(id), 'result', 'the last message of an execution');
  expectEqual(
    await probe.output(probe.execute('report', { progress, state, message })),
    null,
    'no checkpoint',
  );
}

async function heedsCancels(probe: Probe): Promise<void> {
  const [cancelled, kept] = [probe.execute('sleep', hour), probe.execute('sleep', { ms: 100 })];
  probe.send({ type: 'cancel', id: cancelled, reason: { code: 'TimedOut', message: 'too slow' } });
  expectEqual((await probe.answer(cancelled)).type, 'error', 'the answer of a cancelled task');
  expectEqual(await probe.output(kept), { sleptMs: 100 }, 'the result of the task beside it');
}

async function leavesTheUnknownAlone(probe: Probe): Promise<void> {
  const reason = { code: 'Cancelled', message: 'late' };
  const over = probe.execute('echo', 1);
  await probe.output(over);
  for (const id of [over, 'never-there']) probe.send({ type: 'cancel', id, reason });
  probe.send({ type: 'from-a-later-version', id: 'x', anything: [1] });
  const id = probe.execute('echo', 2, { fromALaterVersion: { anything: 1 } });
  expectEqual(await probe.output(id), 2, 'an echo after messages and fields of a later version');
}

async function answersPings(probe: Probe): Promise<void> {
  const busy = Array.from({ length: 4 }, () => probe.execute('sleep', hour));
  for (const id of ['ping-1', 'ping-2']) {
    probe.send({ type: 'ping', id });
    await probe.hear('pong', id);
  }
  for (const id of busy) probe.send({ type: 'cancel', id, reason: { code: 'Cancelled', message: 'enough' } });
  for (const id of busy) await probe.answer(id);
}

async function endsWithItsInput(probe: Probe): Promise<void> {
  probe.execute('sleep', hour);
  expectEqual(await probe.hangUp(), { code: 0, signal: null }, 'how it ended when its input did');
}

/** What an executor has to be able to do, in this order. */
export const checks: ReadonlyMap<string, Check> = new Map([
  ['says hello first, with its version and tasks', saysHello],
  ['gives values back as they were', givesValuesBack],
  ['takes values as large as they may be', takesLargeValues],
  ['reads lines, in whatever pieces they come', readsLines],
  ['executes side by side, and answers each once', executesSideBySide],
  ['hands the context to the task', tellsTheContext],
  ['reports failures, and whether to try again', reportsFailures],
  ['refuses tasks that it does not have', refusesUnknownTasks],
  ['reports progress, checkpoints and log lines before the result', reportsOnTheWay],
  ['ends a task that is cancelled, and no other', heedsCancels],
  ['leaves alone what it does not know', leavesTheUnknownAlone],
  ['answers pings while it is busy', answersPings],
  ['ends when its input ends, whatever runs', endsWithItsInput],
]);

/** @throws HoldfastError `ExternalProtocol` */
function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) throw wrong(`${what} is ${text(actual)}, not ${text(expected)}`);
}

const wrong = (what: string) => new HoldfastError('ExternalProtocol', what);

function text(value: unknown): string {
  const json = JSON.stringify(value) ?? 'missing';
  return json.length > 200 ? `${json.slice(0, 200)}…` : json;
}
