import type { NodeView } from '../client/run-view.ts';
import { bytesText, type Column, jsonText, milliseconds, type Paint, statusStyles, table } from './text.ts';

/** Longer ones are cut: `--json` has the whole. */
const lengthMax = 60;

const columns: readonly Column<NodeView>[] = [
  { title: 'NODE', text: ({ id }) => id },
  { title: 'STATUS', text: ({ status }) => status, style: ({ status }) => statusStyles[status] ?? 'bold' },
  { title: 'ATTEMPT', text: attemptOf, right: true },
  { title: 'DURATION', text: durationOf, right: true },
  {
    title: 'ITERATION',
    text: ({ iteration }) => (iteration === undefined ? '' : `${iteration}`),
    right: true,
  },
  { title: 'RESULT', text: resultOf },
];

/** The nodes of a workflow as far as it has come, the earliest first. */
export function nodeTable(nodes: readonly NodeView[], paint: Paint): string {
  return table(columns, nodes, paint);
}

/** A loop is not executed itself. */
function attemptOf({ attempt, maxAttempts }: NodeView): string {
  return maxAttempts === 0 ? '' : `${attempt}/${maxAttempts}`;
}

function durationOf({ endedAt, startedAt }: NodeView): string {
  if (endedAt === undefined || startedAt === undefined) return '';
  return milliseconds(Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)));
}

function resultOf(node: NodeView): string {
  const { child, decision, error, nextRetryAt, outputBytes, outputLost, signal } = node;
  const parts = [
    signal && signalText(signal),
    child && `run ${child.id}`,
    decision === undefined ? undefined : `→ ${decision}`,
    error && `${error.type}: ${error.message}`,
    nextRetryAt === undefined ? undefined : `next at ${nextRetryAt}`,
    outputBytes === undefined ? undefined : bytesText(outputBytes, outputLost),
    'output' in node ? jsonText(node.output) : undefined,
  ];
  return shortened(parts.filter((part) => part !== undefined).join('  '));
}

const signalText = ({ id, name, until }: NonNullable<NodeView['signal']>) =>
  `signal ${name}${id === undefined && until !== undefined ? ` until ${until}` : ''}`;

const shortened = (text: string) => (text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text);
