import { CommanderError } from 'commander';
import { errorHints, HoldfastError } from '../model/errors.ts';
import type { Cli } from './cli.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { painter, printable } from './text.ts';

export const usageHint = 'holdfast --help lists the verbs, holdfast <verb> --help their options.';

/** Whether programs read what is printed, errors included. */
export const isForPrograms = (args: readonly string[]): boolean => args.includes('--json');

/** Says what went wrong on `err`: to people, or as one JSON document. @returns what the process ends with */
export function report(thrown: unknown, args: readonly string[], cli: Pick<Cli, 'err' | 'color'>): number {
  if (thrown instanceof CommanderError) return reportUsage(thrown, args, cli);
  const { code, field, hint, message } = inWordsOf(args, toHoldfastError(thrown));
  if (isForPrograms(args)) {
    cli.err(document({ code, message, ...(field !== undefined && { field }), hint }));
  } else {
    const paint = painter(cli.color.err);
    cli.err(`${paint('red', code)}: ${printable(message)}\n`);
    cli.err(`${paint('dim', 'hint:')} ${printable(hint)}\n`);
  }
  return exitCodeOf(code);
}

/** To people, commander has said it already. */
function reportUsage(
  { code, exitCode, message }: CommanderError,
  args: readonly string[],
  { err }: Pick<Cli, 'err'>,
): number {
  if (exitCode === 0) return exitCodes.done;
  const what = code === 'commander.help' ? 'No verb is named' : message.replace(/^error: /, '');
  if (isForPrograms(args)) err(document({ code: 'InvalidArgument', message: what, hint: usageHint }));
  return exitCodes.usage;
}

const document = (error: object): string => `${JSON.stringify({ error })}\n`;

const toHoldfastError = (thrown: unknown): HoldfastError =>
  thrown instanceof HoldfastError
    ? thrown
    : new HoldfastError('InternalError', thrown instanceof Error ? thrown.message : String(thrown), {
        hint: 'This is a defect of Holdfast, not of what was asked.',
      });

type Said = Pick<HoldfastError, 'code' | 'message' | 'field' | 'hint'>;

/** The API speaks of its fields: where an option was given for one, it is told by that. */
function inWordsOf(args: readonly string[], error: HoldfastError): Said {
  const { code, field = '', hint, message } = error;
  const [name = ''] = field.split('.');
  const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const isGiven = name !== '' && args.some((arg) => arg === option || arg.startsWith(`${option}=`));
  if (!isGiven || !message.startsWith(field)) return error;
  const isUsual = hint === errorHints[code];
  return {
    code,
    message: `${option}${message.slice(field.length)}`,
    field: option,
    hint: isUsual ? `Correct the option: holdfast <verb> --help explains it.` : hint,
  };
}
