import * as z from 'zod';
import type { Submitted } from '../client/client.ts';
import type { CancelRequest, Run } from '../client/run-view.ts';
import { nodeTable } from './show-nodes.ts';
import { bytesText, jsonText, milliseconds, type Paint, printable, statusStyles } from './text.ts';

/** A run for people: one aligned line per property that it has, and the nodes of a workflow as a table. */
export function runDetails(run: Run, paint: Paint): string {
  const lines: [string, string | undefined][] = [
    ['id', printable(run.id)],
    [run.kind, printable(run.task)],
    ['status', paint(statusStyles[run.status] ?? 'bold', printable(run.status))],
    // Of a workflow each node has its own, below.
    ['attempt', run.kind === 'task' ? `${run.attempt} of ${run.maxAttempts}` : undefined],
    ['worker', shown(run.workerId)],
    ['tenant', run.tenant === '-' ? undefined : printable(run.tenant)],
    ['tags', run.tags.length === 0 ? undefined : printable(run.tags.join(', '))],
    ['key', shown(run.idempotencyKey)],
    ['parent', run.parent && printable(`${run.parent.id} at ${run.parent.node}`)],
    ['retry of', shown(run.retryOf)],
    ['retried as', shown(run.retriedAs)],
    ['delivery of', shown(run.deliveryOf)],
    ['delivers to', shown(run.deliveries?.map(targetText).join(', '))],
    ['depends on', shown(run.dependsOn?.join(', '))],
    ['waits for', shown(run.waitsFor?.join(', '))],
    ['created', printable(run.createdAt)],
    ['started', shown(run.startedAt)],
    ['ended', 'endedAt' in run ? printable(run.endedAt) : undefined],
    ['duration', 'durationMs' in run ? milliseconds(run.durationMs) : undefined],
    ['retry', 'nextRetryAt' in run ? shown(run.nextRetryAt) : undefined],
    ['cancel', cancelText(run)],
    ['pause', 'pause' in run ? requestText(run.pause) : undefined],
    ['resumed', run.resumed && printable([run.resumed.since, ...whoText(run.resumed)].join(', '))],
    ['progress', run.progress === undefined ? undefined : jsonText(run.progress)],
    ['input', valueText(run.input, run.inputBytes, run.inputLost)],
    ['output', outputText(run)],
    ['error', errorText(run)],
  ];
  const present = lines.filter(([, text]) => text !== undefined);
  const width = Math.max(...present.map(([name]) => name.length));
  const details = present.map(([name, text]) => `${paint('dim', name.padEnd(width))}  ${text}\n`).join('');
  return run.nodes === undefined ? details : `${details}\n${nodeTable(run.nodes, paint)}`;
}

/** What changes while a run goes on, on one line. */
export function runChange(run: Run, paint: Paint): string {
  const parts = [
    paint(statusStyles[run.status] ?? 'bold', printable(run.status).padEnd('succeeded'.length)),
    run.kind === 'task' ? `attempt ${run.attempt} of ${run.maxAttempts}` : nodesChange(run),
    run.progress === undefined ? undefined : `progress ${progressText(run.progress)}`,
    cancelText(run) === undefined ? undefined : `cancel ${cancelText(run)}`,
    'pause' in run && run.pause ? `pause ${requestText(run.pause)}` : undefined,
    errorText(run),
    run.status === 'succeeded' ? `output ${outputText(run)}` : undefined,
  ];
  return `${parts.filter((part) => part !== undefined).join('  ')}\n`;
}

const outputText = (run: Run): string | undefined =>
  run.status === 'succeeded' ? valueText(run.output, run.outputBytes, run.outputLost) : undefined;

/** @param bytes of a value that is too large to be shown */
const valueText = (value: unknown, bytes: number | undefined, isLost = false): string =>
  bytes === undefined ? jsonText(value) : bytesText(bytes, isLost);

const barWidth = 20;
const progressSchema = z.object({ done: z.number().min(0), of: z.number().positive() });

/** What handlers mostly report: so many done, of so many. */
function progressText(progress: unknown): string {
  const { data } = progressSchema.safeParse(progress);
  if (!data || data.done > data.of) return jsonText(progress);
  const filled = Math.floor((data.done / data.of) * barWidth);
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${data.done} of ${data.of}`;
}

/** That one of many runs has changed, on one line. */
export function runEventLine(run: Run, paint: Paint): string {
  return `${paint('dim', printable(run.id))}  ${printable(run.task)}  ${runChange(run, paint)}`;
}

/** How far a workflow has come. */
function nodesChange({ nodes }: Run): string | undefined {
  if (nodes === undefined) return undefined;
  const open = nodes.filter(({ status }) => status === 'running').map(({ id }) => id);
  const succeeded = nodes.filter(({ status }) => status === 'succeeded').length;
  const counted = `${succeeded} of ${nodes.length} nodes done`;
  return open.length === 0 ? counted : printable(`${counted}, at ${open.join(', ')}`);
}

function errorText(run: Run): string | undefined {
  if (!('error' in run) || !run.error) return undefined;
  const { type, message, attempt } = run.error;
  // What a run depended on may have failed before its first one.
  return printable(`${type}: ${message}${attempt === 0 ? '' : ` (attempt ${attempt})`}`);
}

const cancelText = (run: Run) => ('cancel' in run ? requestText(run.cancel) : undefined);

function requestText(request: CancelRequest | undefined): string | undefined {
  return request && printable([request.mode, ...whoText(request)].join(', '));
}

const whoText = ({ by, reason }: Pick<CancelRequest, 'by' | 'reason'>): string[] =>
  [by === undefined ? '' : `by ${by}`, reason ?? ''].filter(Boolean);

const shown = (text: string | undefined) => (text === undefined ? undefined : printable(text));

/** That a run was submitted, on one line; `what` where it was not there before. */
export function submissionReceipt(run: Submitted, what = 'submitted'): string {
  return `${run.created ? what : 'known already'}  ${printable(run.id)}  ${printable(run.status)}\n`;
}

const targetText = ({ id, queue, webhook }: NonNullable<Run['deliveries']>[number]): string =>
  `${webhook ?? queue} (${id})`;
