import { noTenant, runId } from '../../model/ids.ts';
import { nodesOf, type Run, resultNodeOf } from '../../model/run.ts';
import { deserialize, serialize } from '../../model/serialize.ts';
import { endOf } from '../relations.ts';
import { type Cloud, registry } from './cloud.ts';
import { textOf } from './course.ts';
import type { Ledger, Sent } from './ledger.ts';
import { meaningOf } from './meaning.ts';
import { death, type Piece } from './pieces.ts';
import type { Behaviour } from './tasks.ts';
import type { Work } from './workflows.ts';

/** What was promised to those who submitted and asked, and not kept. */
export async function brokenPromises(cloud: Cloud, ledger: Ledger): Promise<string[]> {
  await cloud.courses.read(cloud.payloads);
  return [
    ...withoutEffect(cloud),
    ...(await brokenSubmissions(cloud, ledger)),
    ...notCancelled(cloud, ledger),
    ...lostSignals(cloud, ledger),
    ...strangeSignals(cloud, ledger),
    ...ignoredEdits(cloud),
  ];
}

async function brokenSubmissions(cloud: Cloud, { submitted }: Ledger): Promise<string[]> {
  const idOfKey = new Map<string, string>();
  const broken: string[] = [];
  for (const { id, key, work } of submitted) {
    const run = runOf(cloud, id);
    if (!run) {
      broken.push(`lost: ${id} was given out and is not there`);
      continue;
    }
    const known = key === undefined ? id : (idOfKey.get(key) ?? id);
    if (key !== undefined) idOfKey.set(key, known);
    if (known !== id) broken.push(`I10: ${key} stands for ${known} and ${id}`);
    if (run.phase !== 'succeeded') continue;
    broken.push(...(await wrongResult(cloud, run, work)));
  }
  return broken;
}

const runOf = ({ table }: Cloud, id: string): Run | undefined =>
  table.get({ tenant: noTenant, run: runId(id) });

/** A result is committed only of work that was done. */
function withoutEffect({ effects, table }: Cloud): string[] {
  return [...table.committed.values()].flatMap(({ idempotencyKey, node, run }) => {
    const code = registry.byHash(run.hash)?.nodes.get(node);
    return code?.kind === 'step' && !effects.has(idempotencyKey)
      ? [`${idempotencyKey} was committed and not done`]
      : [];
  });
}

async function outputOf({ payloads }: Cloud, run: Run): Promise<string | undefined> {
  const node = resultNodeOf(run);
  if (node?.status !== 'succeeded' || !node.output) return undefined;
  return 'text' in node.output ? node.output.text : await payloads.get(run, node.output.pointer);
}

async function wrongResult(cloud: Cloud, run: Run, work: Work): Promise<string[]> {
  const output = await outputOf(cloud, run);
  if ('workflow' in work) return wrongNumber(cloud, run, work, output);
  const expected = work.input.does === 'gather' ? await gathered(cloud, run) : expectedOutput(work.input);
  return expected === undefined || output === expected
    ? []
    : [`result: ${run.run} is ${output}, not ${expected}`];
}

/** The outputs of what a run depends on, by the names that it has for them. */
async function gathered(cloud: Cloud, run: Run): Promise<string> {
  const entries = Object.entries(run.dependencies ?? {}).map(async ([id, { as = id }]) => {
    const parent = runOf(cloud, id);
    const output = parent && (await outputOf(cloud, parent));
    return [as, output === undefined ? undefined : deserialize(output)] as const;
  });
  return serialize(Object.fromEntries(await Promise.all(entries)), 'output');
}

/** The result that a behaviour can have, as it is stored; undefined where it can have several. */
function expectedOutput(input: Behaviour): string | undefined {
  if (input.does === 'return') return serialize(input.value, 'output');
  if (input.does === 'page') return serialize(input.pages, 'output');
  return undefined;
}

function wrongNumber(
  { courses }: Cloud,
  run: Run,
  { input, workflow }: Extract<Work, { workflow: string }>,
  output: string | undefined,
): string[] {
  const course = courses.of(run);
  const expected = meaningOf(workflow, input, course);
  const given = output === undefined ? undefined : (deserialize(output) as Piece);
  // What was edited on the way is another piece.
  const isRight = course.isEdited
    ? given?.n === expected
    : JSON.stringify(given) === JSON.stringify({ ...input, n: expected });
  return expected !== undefined && isRight
    ? []
    : [`result: ${run.run}, a ${workflow} of ${input.n}, is ${given?.n}, not ${expected}`];
}

/** Who was told that a run is being cancelled finds it cancelled. */
const notCancelled = (cloud: Cloud, { cancelled }: Ledger): string[] =>
  [...cancelled].flatMap((id) => {
    const run = runOf(cloud, id);
    return run && endOf(run) !== 'cancelled' ? [`${id} was to be cancelled, and is ${run.phase}`] : [];
  });

/** A signal that was taken went to a node, or is still kept. */
const lostSignals = (cloud: Cloud, { taken }: Ledger): string[] =>
  taken.flatMap((sent) => {
    const run = runOf(cloud, sent.run);
    if (!run) return [];
    const kept = run.signals?.some(({ id, payload }) =>
      sent.id === undefined ? 'text' in payload && payload.text === textOfSent(sent) : id === sent.id,
    );
    const went = cloud.courses
      .signalsOf(run)
      .some(({ add, id }) => (sent.id === undefined ? add === sent.add : id === sent.id));
    return kept || went ? [] : [`a signal to ${sent.run} that brings ${sent.add} was taken, and is lost`];
  });

const textOfSent = ({ add }: Sent): string => serialize({ add }, 'payload');

/** What nodes went on with was sent to their runs, or to those that these go on from, and counted once. */
function strangeSignals({ courses, table }: Cloud, { sent }: Ledger): string[] {
  return table.all().flatMap((run) => {
    const line = courses.lineOf(run);
    const came = courses.signalsOf(run);
    const own = sent.filter((each) => line.includes(textOf({ tenant: run.tenant, run: runId(each.run) })));
    const strange = came.filter(
      ({ add, id }) => !own.some((each) => each.add === add && (each.id === undefined || each.id === id)),
    );
    const twice = came.length - new Set(came.map(({ id }) => id)).size;
    return [
      ...strange.map(({ add }) => `${run.run} went on with ${add}, which nobody sent`),
      ...(twice > 0 ? [`${run.run} took a signal twice`] : []),
    ];
  });
}

/** Nothing dies of an input that was edited for it. */
const ignoredEdits = ({ table }: Cloud): string[] =>
  table
    .all()
    .flatMap((run) =>
      nodesOf(run).flatMap(([path, { failure, input }]) =>
        input && failure?.message === death
          ? [`the input that ${path} of ${run.run} was given was ignored`]
          : [],
      ),
    );
