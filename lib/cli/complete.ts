import type { Command, Option } from 'commander';

/** What could stand where the cursor is. */
export interface Candidate {
  readonly text: string;
  readonly description: string;
}

/** Arguments and options of these names take the name of a task or workflow, which only the API knows. */
const takingDefinition: ReadonlySet<string> = new Set(['name', 'definition|run']);

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** The names of tasks and workflows fit here, too. */
  readonly takesDefinition: boolean;
}

/**
 * What could come next on a command line.
 *
 * @param words those after the program's name, the last one as far as it is written
 */
export function complete(program: Command, words: readonly string[]): Completion {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const { command, operands, pending } = place(program, before);
  if (pending) return fitting(current, valuesOf(pending), takingDefinition.has(pending.attributeName()));
  if (current.startsWith('-')) return fitting(current, optionsOf(program, command));
  if (command === program) return fitting(current, verbsOf(program));
  const argument = command.registeredArguments[Math.min(operands, command.registeredArguments.length - 1)];
  const choices = argument?.argChoices ?? [];
  const isDefinition = operands === 0 && argument !== undefined && takingDefinition.has(argument.name());
  return fitting(
    current,
    choices.map((text) => ({ text, description: '' })),
    isDefinition,
  );
}

interface Place {
  readonly command: Command;
  /** How many arguments of the verb stand there already. */
  readonly operands: number;
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
}

function place(program: Command, words: readonly string[]): Place {
  let command = program;
  let operands = 0;
  let pending: Option | undefined;
  for (const word of words) {
    if (pending) {
      pending = undefined;
    } else if (word.startsWith('-')) {
      const option = [...command.options, ...program.options].find(
        ({ long, short }) => word === long || word === short,
      );
      pending = option && (option.required || option.optional) ? option : undefined;
    } else if (command === program) {
      command = program.commands.find((each) => each.name() === word) ?? program;
    } else {
      operands += 1;
    }
  }
  return { command, operands, pending };
}

const valuesOf = ({ argChoices = [] }: Option): readonly Candidate[] =>
  argChoices.map((text) => ({ text, description: '' }));

function optionsOf(program: Command, command: Command): readonly Candidate[] {
  const own = command === program ? [] : command.options;
  return [...own, ...program.options].flatMap(({ description, hidden, long }) =>
    long && !hidden ? [{ text: long, description }] : [],
  );
}

const verbsOf = (program: Command): readonly Candidate[] =>
  program
    .createHelp()
    .visibleCommands(program)
    .map((command) => ({ text: command.name(), description: command.summary() || command.description() }));

function fitting(current: string, candidates: readonly Candidate[], takesDefinition = false): Completion {
  return { candidates: candidates.filter(({ text }) => text.startsWith(current)), takesDefinition };
}
