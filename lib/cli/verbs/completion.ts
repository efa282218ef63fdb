import { Argument, type Command } from 'commander';
import type { ListedDefinition } from '../../client/run-view.ts';
import type { Cli } from '../cli.ts';
import { type Candidate, complete } from '../complete.ts';
import { openSession } from '../options.ts';
import { printable } from '../text.ts';

/*
 * Each shell asks `holdfast complete`, with the words of the line, for what fits: so it knows what this version has, and
 * the names of the tasks and workflows that are registered. A line for each candidate: the text, a tab, what it is.
 */
const scripts = {
  bash: `# holdfast completion bash >> ~/.bashrc
_holdfast() {
  local IFS=$'\\n'
  COMPREPLY=($(holdfast complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1))
}
complete -o default -F _holdfast holdfast
`,
  zsh: `#compdef holdfast
# holdfast completion zsh > "\${fpath[1]}/_holdfast"
_holdfast() {
  local -a candidates
  local line tab=$'\\t'
  for line in "\${(@f)$(holdfast complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && candidates+=("\${\${line%%$tab*}//:/\\\\:}:\${line#*$tab}")
  done
  _describe holdfast candidates || _files
}
if [[ $funcstack[1] == _holdfast ]]; then _holdfast "$@"; else compdef _holdfast holdfast; fi
`,
  fish: `# holdfast completion fish > ~/.config/fish/completions/holdfast.fish
complete -c holdfast -f -a '(holdfast complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
} as const;

/** Nobody waits longer for a suggestion. */
const patienceMs = 1_000;

export function addCompletion(program: Command, cli: Cli): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'whose').choices(Object.keys(scripts)))
    .summary('print what completes command lines in a shell')
    .description('Prints a script for bash, zsh or fish; its first lines say where it belongs.')
    .action((shell: keyof typeof scripts) => cli.out(scripts[shell]));
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: readonly string[], _given: object, command: Command) => {
      const { candidates, takesDefinition } = complete(program, words);
      const current = words.at(-1) ?? '';
      const names = takesDefinition ? await definitionNames(command, cli, words) : [];
      const all = [...candidates, ...names.filter(({ text }) => text.startsWith(current))];
      cli.out(all.map(({ description, text }) => `${printable(text)}\t${printable(description)}\n`).join(''));
    });
}

/** None where the API does not answer at once: a suggestion is no place for an error. */
async function definitionNames(
  command: Command,
  cli: Cli,
  words: readonly string[],
): Promise<readonly Candidate[]> {
  // The line that is being written may name another API.
  const at = words.indexOf('--url');
  const url = at < 0 ? undefined : words[at + 1];
  if (url !== undefined) command.setOptionValue('url', url);
  const late = Promise.withResolvers<readonly ListedDefinition[]>();
  const timer = cli.clock.after(patienceMs, () => late.resolve([]));
  try {
    const definitions = await Promise.race([openSession(command, cli).client.definitions(), late.promise]);
    const kinds = new Map(definitions.map(({ kind, name }) => [name, kind]));
    return [...kinds].map(([text, description]) => ({ text, description }));
  } catch {
    return [];
  } finally {
    timer.cancel();
  }
}
