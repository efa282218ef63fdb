import { inside } from '../../protocol/nodes/place.ts';
import { isTask } from '../task.ts';
import {
  Builder,
  type ChildDraft,
  type Draft,
  PendingFork,
  type SignalDraft,
  type StepDraft,
} from './builder.ts';
import type { InvalidAt } from './invalid.ts';
import { isWorkflow } from './workflow.ts';

/**
 * The id of an element, which follows from what it executes where none is given.
 *
 * @param base the path of what the element's sequence is the body of
 * @param position in its sequence, from 1: names an element that has no id
 * @throws HoldfastError `InvalidWorkflow`
 */
export function idOf(draft: Draft, base: string | undefined, position: number, invalid: InvalidAt): string {
  const named = draft.kind === 'fork' ? draft.join : draft;
  if (named.kind !== 'step' && named.kind !== 'signal' && named.kind !== 'child') return named.id;
  const { options } = named;
  const given = typeof options?.id === 'string' ? options.id : `#${position}`;
  const name = nameOf(named, (what) => invalid(inside(base, given), what));
  if (options !== undefined && (typeof options !== 'object' || options === null)) {
    throw invalid(inside(base, name), 'the options must be an object');
  }
  return options?.id ?? name;
}

function nameOf(draft: StepDraft | SignalDraft | ChildDraft, wrong: (what: string) => Error): string {
  switch (draft.kind) {
    case 'step':
      if (!isTask(draft.task)) throw wrong('is given something that is no task');
      return draft.task.name;
    case 'signal':
      return draft.name;
    case 'child': {
      const given: unknown = draft.workflow;
      if (given instanceof Builder || given instanceof PendingFork) {
        throw wrong('is given an unfinished workflow: end it with .build()');
      }
      if (!isWorkflow(given)) throw wrong('is given something that is no workflow');
      return given.name;
    }
  }
}
