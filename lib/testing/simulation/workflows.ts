import type { Piece } from './pieces.ts';
import { plainWorkflows } from './plain-workflows.ts';
import type { Prng } from './prng.ts';
import { type Behaviour, someBehaviour } from './tasks.ts';
import { familyWorkflows, signalWorkflows } from './waiting-workflows.ts';

export { plainWorkflows } from './plain-workflows.ts';

export const workflows = { ...plainWorkflows, ...signalWorkflows, ...familyWorkflows };
export type WorkflowName = keyof typeof workflows;

/** A task, or a workflow. */
export type Work =
  | { readonly task: 'plain' | 'cached'; readonly input: Behaviour }
  | { readonly workflow: WorkflowName; readonly input: Piece };

export const nameOf = (work: Work): string => ('task' in work ? work.task : work.workflow);

/** Some more of those whose branches end together, and of those whose finished nodes lie apart. */
const more: readonly WorkflowName[] = ['twins', 'twins', 'rounds', 'long', 'long', 'long'];

const namesOf = <Name extends WorkflowName>(group: Readonly<Record<Name, unknown>>) =>
  Object.keys(group) as Name[];
const plain = namesOf(plainWorkflows);
const waiting = namesOf(signalWorkflows);
const families = namesOf(familyWorkflows);

/** By names, as a stored run has it: whether a signal may be sent to it. */
export const takesSignals = (name: string): boolean => Object.hasOwn(signalWorkflows, name);

/** The steps that can fail or die, by their paths: of children, too. */
function stepsOf(name: WorkflowName): string[] {
  return [...workflows[name].nodes].flatMap(([path, code]) => {
    if (code.kind === 'child') return stepsOf(code.workflow.name as WorkflowName);
    return code.kind === 'step' ? [path] : [];
  });
}

export function someWork(prng: Prng): Work {
  const kind = prng.fraction();
  if (kind < 0.28) {
    const task = prng.chance(0.5) ? 'cached' : 'plain';
    return { task, input: someBehaviour(prng) };
  }
  if (kind < 0.58) return pieceOf(prng.pick([...plain, ...more]), prng);
  return pieceOf(prng.pick(kind < 0.8 ? [...waiting, 'gates' as const, 'gates' as const] : families), prng);
}

function pieceOf(workflow: WorkflowName, prng: Prng): Work {
  const steps = stepsOf(workflow);
  const fails = prng.chance(0.4) ? [prng.pick(steps), prng.pick(steps)] : [];
  const ballast = 'x'.repeat(prng.pick(workflow === 'long' ? [300, 1_200] : [0, 0, 0, 1_200]));
  return {
    workflow,
    input: {
      n: prng.between(0, 9),
      // Branches that come to a wait are met on the way by those who signal.
      ms: prng.pick(workflow === 'gates' ? [15_000, 40_000] : [0, 10, 1_000, 15_000, 40_000]),
      fails,
      ballast,
      ...(prng.chance(0.15) && { dies: prng.pick(steps) }),
    },
  };
}
