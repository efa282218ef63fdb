import type { AttemptView, LogView } from '../client/attempt-view.ts';
import type { LogLevel } from '../model/attempt.ts';
import { jsonText, milliseconds, type Paint, printable, type Style } from './text.ts';

const levelStyles = {
  debug: 'gray',
  info: 'blue',
  warn: 'yellow',
  error: 'red',
} as const satisfies Record<LogLevel, Style>;

interface Line {
  readonly at: string;
  readonly text: string;
}

/** What attempts told, in the order of time, as if they had written into one log. */
export function attemptLines(attempts: readonly AttemptView[], paint: Paint): string {
  // Of a single task every line would say so.
  const isNodeShown = attempts.some(({ node }) => node !== 'task');
  const lines = attempts.flatMap((attempt) => linesOf(attempt, isNodeShown, paint));
  // Sorting keeps the order of those of one time.
  const sorted = lines.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
  return sorted.map(({ at, text }) => `${paint('dim', printable(at))}  ${text}\n`).join('');
}

function linesOf(attempt: AttemptView, isNodeShown: boolean, paint: Paint): Line[] {
  const where = paint('dim', printable(placeOf(attempt, isNodeShown)));
  const logged = attempt.logs.map((line) => ({
    at: line.at,
    text: `${levelText(line, paint)}  ${where}  ${messageOf(line)}`,
  }));
  const told = [...variableTexts(attempt), endText(attempt)];
  const ended = told.map((text) => ({ at: attempt.endedAt, text: `${' '.repeat(5)}  ${where}  ${text}` }));
  return [...logged, ...ended];
}

function placeOf({ attempt, iteration, node }: AttemptView, isNodeShown: boolean): string {
  const round = iteration === undefined ? '' : `, iteration ${iteration}`;
  return `${isNodeShown ? `${node} ` : ''}attempt ${attempt}${round}`;
}

const levelText = ({ level }: LogView, paint: Paint): string =>
  paint(levelStyles[level] ?? 'bold', printable(level).padEnd('error'.length));

function messageOf({ fields, message }: LogView): string {
  // A message of several lines, such as a stack, stays one.
  const text = message.split('\n').map(printable).join('\n');
  return fields === undefined ? text : `${text}  ${jsonText(fields)}`;
}

const variableTexts = ({ variables }: AttemptView): string[] =>
  Object.entries(variables).map(([name, value]) => `${printable(name)} = ${jsonText(value)}`);

function endText({ durationMs, error, outcome, resources }: AttemptView): string {
  const parts = [
    `${outcome} after ${milliseconds(durationMs)}`,
    error && `${error.type}: ${error.message}`,
    resources && resourcesText(resources),
  ];
  return printable(parts.filter(Boolean).join('  '));
}

function resourcesText({
  peakMemoryMb,
  shared,
  systemCpuSeconds,
  userCpuSeconds,
}: NonNullable<AttemptView['resources']>): string {
  const cpu = `${userCpuSeconds.toFixed(3)} s user, ${systemCpuSeconds.toFixed(3)} s system`;
  return `(${peakMemoryMb} MiB, ${cpu}${shared ? ', of the whole process' : ''})`;
}
