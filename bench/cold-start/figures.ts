import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundleOptions } from '../../infra/constructs/bundle-options.ts';
import { createClient } from '../../lib/client/create-client.ts';
import { registeredOf } from '../../lib/define/registry.ts';
import { toSqsEvent } from '../../lib/local/sqs-event.ts';
import { noTenant, type RunId } from '../../lib/model/ids.ts';
import { soleNode } from '../../lib/model/run.ts';
import { messageBody } from '../../lib/sqs/message-body.ts';
import { type Against, type Figure, sampler } from '../figure.ts';
import type { Group } from '../group.ts';
import { medianOf } from '../measure.ts';
import { installRivals } from '../rivals/install.ts';
import { startChild } from '../stack/child.ts';
import { openStack, type Stack } from '../stack/stack.ts';
import { addOne } from '../tasks/work.ts';

const tasksFile = new URL('../tasks/work.ts', import.meta.url);
const own = { name: 'execute, first task of a fresh process', file: '../../functions/execute.ts' };
const byHand = {
  name: 'middy + Powertools batch + idempotency, the same',
  file: '../rivals/cold-handler.ts',
};
const fresh = new URL('fresh.ts', import.meta.url);
/** Fresh processes that make a sample: each is a start of its own. */
const starts = { quick: 1, full: 3 } as const;

/** From before the import of a function's bundle until its first task is durable. */
export function coldStartGroup(endpoint: string | undefined): Group {
  const opened = new AsyncDisposableStack();
  let opening: Promise<Stack> | undefined;
  const stack = () => {
    opening ??= openStack(endpoint).then((stack) => opened.use(stack));
    return opening;
  };
  return {
    name: 'cold-start',
    title: 'Cold start',
    figures: [
      figure(stack, byHand, async () => ({ id: crypto.randomUUID(), input: 1 })),
      figure(stack, own, submitted, { figure: byHand.name, aim: 0.8 }),
    ],
    close: () => opened.disposeAsync(),
  };
}

/** The body of the doorbell of a new run. */
async function submitted({ env }: Stack): Promise<object> {
  const { id } = await createClient({ env }).submit(addOne, 1);
  const { hash } = registeredOf(addOne);
  return JSON.parse(messageBody({ tenant: noTenant, run: id as RunId, node: soleNode, hash, hop: 0 }));
}

function figure(
  stack: () => Promise<Stack>,
  { file, name }: typeof own,
  makeBody: (stack: Stack) => Promise<object>,
  ...against: Against[]
): Figure {
  return {
    name,
    unit: 'ms',
    better: 'lower',
    against,
    async prepare(size) {
      if (file === byHand.file) await installRivals();
      const opened = await stack();
      const directory = await mkdtemp(join(tmpdir(), 'holdfast-cold-'));
      const outfile = join(directory, 'index.mjs');
      await bundle(new URL(file, import.meta.url), directory);
      const start = async () => startOnce(opened, outfile, await makeBody(opened));
      const sample = async () => {
        const times: number[] = [];
        for (let n = 0; n < starts[size]; n++) times.push(await start());
        return medianOf(times);
      };
      return sampler(sample, () => rm(directory, { recursive: true }));
    },
  };
}

/** Minified, made as the construct makes those that it deploys. */
async function bundle(entry: URL, outdir: string): Promise<void> {
  await build({
    entryPoints: [{ in: fileURLToPath(entry), out: 'index' }],
    outdir,
    ...bundleOptions(fileURLToPath(tasksFile), true),
    logLevel: 'error',
  });
}

async function startOnce({ env, otherTable }: Stack, file: string, body: object): Promise<number> {
  const messages = [{ MessageId: crypto.randomUUID(), Body: JSON.stringify(body) }];
  const event = toSqsEvent(messages, 'arn:aws:sqs:us-east-1:000000000000:holdfast');
  const args = [pathToFileURL(file).href, JSON.stringify(event)];
  // As on Lambda, where nothing of this process's own is set.
  const onLambda = { AWS_LAMBDA_RUNTIME_API: '127.0.0.1', AWS_LAMBDA_LOG_STREAM_NAME: 'bench' };
  await using child = startChild(fresh, args, { ...env, ...onLambda, BY_HAND_TABLE: otherTable });
  return Number(await child.next());
}
