import fc from 'fast-check';
import * as z from 'zod';
import { defineTask } from '../../lib/define/task.ts';
import type { Builder } from '../../lib/define/workflow/builder.ts';
import { again, done } from '../../lib/define/workflow/decision.ts';
import { defineWorkflow } from '../../lib/define/workflow/define-workflow.ts';
import type { AnyWorkflow } from '../../lib/define/workflow/workflow.ts';

/** What a workflow is made of, before it is one; a second, plain reading of it says what must come out. */
export type Plan = readonly Part[];
type Part =
  | { readonly part: 'step'; readonly add: number; readonly failures: number; readonly bulk: number }
  | { readonly part: 'map'; readonly add: number }
  | { readonly part: 'delay'; readonly seconds: number }
  /** One that comes brings the number; what another body makes of the value counts when it does not. */
  | { readonly part: 'signal'; readonly comes: boolean; readonly add: number; readonly otherwise: Plan }
  | { readonly part: 'child'; readonly plan: Plan }
  | { readonly part: 'fork'; readonly branches: readonly Plan[] }
  | { readonly part: 'branch'; readonly even: Plan; readonly otherwise: Plan }
  | { readonly part: 'loop'; readonly body: Plan; readonly times: number };

/** What goes through the workflow: a number, how often loops still go round, and ballast. */
interface Value {
  readonly n: number;
  readonly turns: readonly number[];
  readonly bulk: string;
}

const add = fc.integer({ min: -3, max: 3 });
const { plan } = fc.letrec<{ plan: Plan; body: Plan; part: Part }>((tie) => ({
  body: fc.oneof({ depthIdentifier: 'plan' }, fc.constant([]), tie('plan')),
  plan: fc.array(tie('part'), { minLength: 1, maxLength: 3, depthIdentifier: 'plan' }),
  part: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'plan' },
    fc.record({
      part: fc.constant('step' as const),
      add,
      failures: fc.constantFrom(0, 0, 0, 1),
      bulk: fc.constantFrom(0, 10, 300, 3_000),
    }),
    fc.record({ part: fc.constant('map' as const), add }),
    fc.record({ part: fc.constant('delay' as const), seconds: fc.constantFrom(1, 120, 1_800) }),
    fc.record({
      part: fc.constant('signal' as const),
      comes: fc.boolean(),
      add,
      otherwise: tie('body'),
    }),
    fc.record({ part: fc.constant('child' as const), plan: tie('plan') }),
    fc.record({
      part: fc.constant('fork' as const),
      branches: fc.array(tie('plan'), { minLength: 1, maxLength: 3, depthIdentifier: 'plan' }),
    }),
    // A route may have no elements: what goes into the branch comes out of it.
    fc.record({ part: fc.constant('branch' as const), even: tie('body'), otherwise: tie('body') }),
    fc.record({
      part: fc.constant('loop' as const),
      body: tie('plan'),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  ),
}));
export const arbitraryPlan: fc.Arbitrary<Plan> = plan;

/** Ids that are words elsewhere: they must stay names. */
const names = ['size', 'constructor', 'a.b', 'nodes', 'x-1', 'toString', 'e', 'status', 'g'];
const nameOf = (at: number) => `${names[at % names.length]}${at < names.length ? '' : at}`;

/** The plan as a workflow. */
export function workflowOf(plan: Plan, name = 'play'): AnyWorkflow {
  const start = defineWorkflow(name, { input: z.unknown() }) as unknown as Builder;
  return build(start, plan).build();
}

/** What a signal of this name brings, if it comes. */
export function payloadOf(signal: string): number | undefined {
  const [, sign, digits] = /^adds-(minus-)?(\d+)$/.exec(signal) ?? [];
  return digits === undefined ? undefined : Number(digits) * (sign ? -1 : 1);
}
const signalOf = (add: number) => `adds-${add < 0 ? 'minus-' : ''}${Math.abs(add)}`;

let children = 0;

export const inputOf = (n: number): Value => ({ n, turns: [], bulk: '' });

function build(chain: Builder, plan: Plan): Builder {
  return plan.reduce((built, part, at) => addPart(built, part, nameOf(at)), chain);
}

function addPart(chain: Builder, part: Part, id: string): Builder {
  switch (part.part) {
    case 'step':
      return chain.step(taskOf(part), { id });
    case 'map':
      return chain.map(id, (value: Value) => ({ ...value, n: value.n + part.add }));
    case 'delay':
      return chain.delay(id, `${part.seconds}s`);
    case 'signal':
      return chain.awaitSignal(part.comes ? signalOf(part.add) : 'never', {
        id,
        timeout: part.comes ? '30d' : '20m',
        merge: (value: Value, n: number) => ({ ...value, n: value.n + n }),
        onTimeout: (body) => build(body, part.otherwise),
      });
    case 'child':
      children += 1;
      return chain.child(workflowOf(part.plan, `child-${children}`), { id });
    case 'fork': {
      const bodies = part.branches.map((branch, at) => [nameOf(at), (body: Builder) => build(body, branch)]);
      return chain.fork(Object.fromEntries(bodies)).join(id, joined);
    }
    case 'branch':
      return chain.branch(
        id,
        ({ n }: Value) => (n % 2 === 0 ? 'even' : 'odd'),
        { even: (body) => build(body, part.even) },
        (body) => build(body, part.otherwise),
      );
    case 'loop':
      return chain
        .map(`${id}-begin`, (value: Value) => ({ ...value, turns: [part.times, ...value.turns] }))
        .loop(id, (body) => build(body, part.body).map('decide', decided), { maxIterations: 5 });
  }
}

function decided({ turns: [left = 0, ...outer], ...value }: Value) {
  return left > 1 ? again({ ...value, turns: [left - 1, ...outer] }) : done({ ...value, turns: outer });
}

const joined = (outputs: Readonly<Record<string, Value>>): Value => {
  const values = Object.values(outputs);
  const n = values.reduce((sum, value) => sum + value.n, 0) % 1_000;
  return { n, turns: values[0]?.turns ?? [], bulk: '' };
};

const tasks = new Map<string, ReturnType<typeof makeTask>>();
function taskOf(part: Extract<Part, { part: 'step' }>) {
  const name = `add${part.add}x${part.failures}x${part.bulk}`.replace('-', 'm');
  const task = tasks.get(name) ?? makeTask(name, part);
  tasks.set(name, task);
  return task;
}

function makeTask(name: string, { add, bulk, failures }: Extract<Part, { part: 'step' }>) {
  return defineTask({
    name,
    input: z.unknown(),
    retry: { maxAttempts: 3, backoff: '1s' },
    run: (input, { attempt }) => {
      if (attempt <= failures) throw new Error(`attempt ${attempt} fails`);
      const value = input as Value;
      return { ...value, n: value.n + add, bulk: 'x'.repeat(bulk) };
    },
  });
}

/** What the plan means, without anything of what executes it. */
export const meaningOf = (plan: Plan, n: number): number =>
  plan.reduce((before, part) => meaningOfPart(part, before), n);

function meaningOfPart(part: Part, before: number): number {
  switch (part.part) {
    case 'step':
    case 'map':
      return before + part.add;
    case 'delay':
      return before;
    case 'signal':
      return part.comes ? before + part.add : meaningOf(part.otherwise, before);
    case 'child':
      return meaningOf(part.plan, before);
    case 'fork':
      return part.branches.reduce((sum, branch) => sum + meaningOf(branch, before), 0) % 1_000;
    case 'branch':
      return meaningOf(before % 2 === 0 ? part.even : part.otherwise, before);
    case 'loop':
      return Array.from({ length: part.times }).reduce<number>(
        (value) => meaningOf(part.body, value),
        before,
      );
  }
}
