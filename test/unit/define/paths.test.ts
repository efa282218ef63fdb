import * as fc from 'fast-check';
import { type Body, defineWorkflow } from 'holdfast';
import { expect, it } from 'vitest';
import { graphOf } from '../../../lib/define/graph/graph.ts';
import type { ElementShape } from '../../../lib/model/definition.ts';
import type { NodeId } from '../../../lib/model/ids.ts';
import { decides, placeOf } from '../../../lib/protocol/nodes/place.ts';
import { Count, check, invoice, task } from './samples.ts';

type Value = { n: number };
type Kind = ElementShape['kind'];
interface Plan {
  readonly kind: Kind;
  readonly bodies: readonly (readonly Plan[])[];
}

const { plans } = fc.letrec<{ plan: Plan; plans: readonly Plan[] }>((tie) => ({
  plan: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ kind: fc.constantFrom<Kind>('step', 'map', 'delay', 'child'), bodies: fc.constant([]) }),
    fc.record({
      kind: fc.constantFrom<Kind>('fork', 'branch', 'loop', 'signal'),
      bodies: fc.array(tie('plans'), { minLength: 1, maxLength: 3 }),
    }),
  ),
  plans: fc.array(tie('plan'), { minLength: 1, maxLength: 4 }),
}));

/** Continues a chain by what is planned; the ids are the same everywhere, so that only their paths differ. */
function follow(plan: readonly Plan[]): Body<Value> {
  return (begin) => {
    let chain = begin;
    for (const [index, { bodies, kind }] of plan.entries()) {
      const id = `e${index}` as never;
      const named = Object.fromEntries(bodies.map((body, at) => [`b${at}`, follow(body)])) as never;
      const same = (value: Value) => value;
      const [first = []] = bodies;
      const options = { maxIterations: 3 };
      const patience = { timeout: '1s', merge: same } as const;
      const round = (b: typeof chain) => (follow(first)(b) as typeof chain).step(check as never);
      const more = {
        step: () => chain.step(task('t'), { id }),
        map: () => chain.map(id, same),
        delay: () => chain.delay(id, '1s'),
        signal: () => chain.awaitSignal(id, { ...patience, onTimeout: follow(first) }),
        child: () => chain.child(invoice as never, { id }),
        fork: () => chain.fork(named).join(id, same as never),
        branch: () => chain.branch(id, () => 'b0', named, follow(first) as never),
        loop: () => chain.loop(id, round as never, options),
      };
      chain = more[kind]() as typeof chain;
    }
    return chain;
  };
}

const build = (plan: readonly Plan[]) => {
  const chain = defineWorkflow('w', { input: Count });
  return (follow(plan)(chain as never) as unknown as typeof chain).build();
};

/** The kinds of code that each kind of element has. */
const codeOf: Record<ElementShape['kind'], string | undefined> = {
  step: 'step',
  map: 'map',
  delay: 'delay',
  signal: 'signal',
  child: 'child',
  fork: 'join',
  branch: 'route',
  loop: undefined,
};

it('every path with code is a place of the shape, which the graph shows, and the other way round', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const { nodes, shape } = build(plan);
      for (const [path, { kind }] of nodes) {
        expect(codeOf[placeOf(shape, path as NodeId)?.element.kind ?? 'loop']).toBe(kind);
      }
      const shown = graphOf(shape).nodes.flatMap(({ path }) => path ?? []);
      expect(new Set(shown).size).toBe(shown.length);
      const withCode = shown.filter((path) => placeOf(shape, path as NodeId)?.element.kind !== 'loop');
      expect([...nodes.keys()].sort()).toEqual(withCode.sort());
    }),
  );
});

it('exactly the steps that end an iteration are marked as deciding', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const { nodes, shape } = build(plan);
      for (const path of nodes.keys()) {
        const place = placeOf(shape, path as NodeId);
        if (place?.element.kind !== 'step') continue;
        expect(place.element.decides === true).toBe(decides(place));
      }
    }),
  );
});

it('a definition built twice has one hash', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      expect(build(plan).hash).toBe(build(plan).hash);
    }),
  );
});
