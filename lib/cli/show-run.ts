import type { Run } from '../client/run-view.ts';
import { nodeTable } from './show-nodes.ts';
import { jsonText, milliseconds, type Paint, printable, statusStyles } from './text.ts';

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
    ['created', printable(run.createdAt)],
    ['started', shown(run.startedAt)],
    ['ended', 'endedAt' in run ? printable(run.endedAt) : undefined],
    ['duration', 'durationMs' in run ? milliseconds(run.durationMs) : undefined],
    ['retry', 'nextRetryAt' in run ? shown(run.nextRetryAt) : undefined],
    ['cancel', cancelText(run)],
    ['progress', run.progress === undefined ? undefined : jsonText(run.progress)],
    ['input', jsonText(run.input)],
    ['output', run.status === 'succeeded' ? jsonText(run.output) : undefined],
    ['error', errorText(run)],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const details = lines
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => `${paint('dim', name.padEnd(width))}  ${text}\n`)
    .join('');
  return run.nodes === undefined ? details : `${details}\n${nodeTable(run.nodes, paint)}`;
}

/** What changes while a run goes on, on one line. */
export function runChange(run: Run, paint: Paint): string {
  const parts = [
    paint(statusStyles[run.status] ?? 'bold', printable(run.status).padEnd('succeeded'.length)),
    run.kind === 'task' ? `attempt ${run.attempt} of ${run.maxAttempts}` : nodesChange(run),
    run.progress === undefined ? undefined : `progress ${jsonText(run.progress)}`,
    cancelText(run) === undefined ? undefined : `cancel ${cancelText(run)}`,
    errorText(run),
    run.status === 'succeeded' ? `output ${jsonText(run.output)}` : undefined,
  ];
  return `${parts.filter((part) => part !== undefined).join('  ')}\n`;
}

/** How far a workflow has come. */
function nodesChange({ nodes = [] }: Run): string {
  const open = nodes.filter(({ status }) => status === 'running').map(({ id }) => id);
  const succeeded = nodes.filter(({ status }) => status === 'succeeded').length;
  const counted = `${succeeded} of ${nodes.length} nodes done`;
  return open.length === 0 ? counted : printable(`${counted}, at ${open.join(', ')}`);
}

function errorText(run: Run): string | undefined {
  if (!('error' in run) || !run.error) return undefined;
  const { type, message, attempt } = run.error;
  return printable(`${type}: ${message} (attempt ${attempt})`);
}

function cancelText(run: Run): string | undefined {
  if (!('cancel' in run) || !run.cancel) return undefined;
  const { mode, by, reason } = run.cancel;
  return printable([mode, by === undefined ? '' : `by ${by}`, reason ?? ''].filter(Boolean).join(', '));
}

const shown = (text: string | undefined) => (text === undefined ? undefined : printable(text));
