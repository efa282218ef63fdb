import { noTenant, runId } from '../../model/ids.ts';
import { type Run, soleNode } from '../../model/run.ts';
import { deserialize, serialize } from '../../model/serialize.ts';
import { type Cloud, registry } from './cloud.ts';
import { meaningOf } from './meaning.ts';
import type { Submitted } from './people.ts';
import type { Behaviour } from './tasks.ts';
import type { Piece } from './workflows.ts';

/** What was promised to those who submitted, and not kept. */
export async function brokenPromises(cloud: Cloud, submitted: readonly Submitted[]): Promise<string[]> {
  const idOfKey = new Map<string, string>();
  const broken: string[] = [...withoutEffect(cloud)];
  for (const { id, key, work } of submitted) {
    const run = cloud.table.get({ tenant: noTenant, run: runId(id) });
    if (!run) {
      broken.push(`lost: ${id} was given out and is not there`);
      continue;
    }
    const known = key === undefined ? id : (idOfKey.get(key) ?? id);
    if (key !== undefined) idOfKey.set(key, known);
    if (known !== id) broken.push(`I10: ${key} stands for ${known} and ${id}`);
    if (run.phase !== 'succeeded') continue;
    const output = await outputOf(cloud, run);
    broken.push(...('task' in work ? wrongOutput(id, work.input, output) : wrongNumber(id, work, output)));
  }
  return broken;
}

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
  const node = run.nodes[run.result ?? soleNode];
  if (node?.status !== 'succeeded' || !node.output) return undefined;
  return 'text' in node.output ? node.output.text : await payloads.get(run, node.output.pointer);
}

function wrongOutput(id: string, input: Behaviour, output: string | undefined): string[] {
  const expected = expectedOutput(input);
  return expected === undefined || output === expected ? [] : [`result: ${id} is ${output}, not ${expected}`];
}

/** The result that a behaviour can have, as it is stored; undefined where it can have several. */
function expectedOutput(input: Behaviour): string | undefined {
  if (input.does === 'return') return serialize(input.value, 'output');
  if (input.does === 'page') return serialize(input.pages, 'output');
  return undefined;
}

function wrongNumber(
  id: string,
  { input, workflow }: Extract<Submitted['work'], { workflow: string }>,
  output: string | undefined,
): string[] {
  const expected = meaningOf(workflow, input);
  const given = output === undefined ? undefined : (deserialize(output) as Piece);
  return expected !== undefined && JSON.stringify(given) === JSON.stringify({ ...input, n: expected })
    ? []
    : [`result: ${id}, a ${workflow} of ${input.n}, is ${given?.n}, not ${expected}`];
}
