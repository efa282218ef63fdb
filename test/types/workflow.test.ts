import { again, type Chain, decision, defineTask, defineWorkflow, done, type Workflow } from 'holdfast';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';

const Count = z.object({ n: z.number() });
const count = defineTask({
  name: 'count',
  input: z.object({ text: z.string() }),
  run: ({ text }) => ({ n: text.length }),
});
const print = defineTask({ name: 'print', input: Count, run: ({ n }) => ({ text: String(n) }) });
const check = defineTask({
  name: 'check',
  input: Count,
  output: decision({ again: Count, done: z.string() }),
  run: async ({ n }) => (n > 3 ? done('enough') : again({ n: n + 1 })),
});
const counting = () => defineWorkflow('counting', { input: Count });
const speeding = () =>
  defineWorkflow('speeding', { input: z.object({ speed: z.enum(['express', 'normal']), name: z.string() }) });
const refused = (build: () => unknown, field: string) =>
  expect(build).toThrow(expect.objectContaining({ code: 'InvalidWorkflow', field }));

/** The type of a workflow's output, as a value's. */
const outputOf = <Output>(_: Workflow<unknown, Output>) => undefined as Output | undefined;

describe('types of a chain', () => {
  it('go from step to step', () => {
    const built = counting()
      .step(print)
      .delay('pause', '1h')
      .step(count)
      .map('double', ({ n }) => n * 2)
      .build();
    expectTypeOf(built).toEqualTypeOf<Workflow<{ n: number }, number, 'counting'>>();
    const parsed = defineWorkflow('parsed', { input: z.object({ n: z.string().transform(Number) }) })
      .map('same', (value) => value)
      .build();
    expectTypeOf(parsed).toEqualTypeOf<Workflow<{ n: string }, { n: number }, 'parsed'>>();
    const awaited = counting()
      .map('later', async ({ n }) => n)
      .build();
    expectTypeOf(awaited).toEqualTypeOf<Workflow<{ n: number }, number, 'counting'>>();
  });

  it('refuse a step that takes something else', () => {
    // @ts-expect-error print takes a number
    counting().step(print).step(print, { id: 'again' });
    // @ts-expect-error the input has no text
    counting().map('wrong', ({ text }) => text);
  });

  it('refuse an id that a sibling has', () => {
    // @ts-expect-error the id of a step is the name of its task
    refused(() => counting().step(print).step(count).step(print).build(), 'print');
    // @ts-expect-error two delays of one id
    refused(() => counting().delay('pause', '1s').delay('pause', '1s').build(), 'pause');
    const joining = counting()
      .step(print)
      .fork({ a: (b) => b.step(count) });
    // @ts-expect-error a join has an id too
    refused(() => joining.join('print', ({ a }) => a).build(), 'print');
    const named = counting().step(print).step(count).step(print, { id: 'print-again' }).build();
    expectTypeOf(named).toEqualTypeOf<Workflow<{ n: number }, { text: string }, 'counting'>>();
    // Not siblings.
    counting()
      .fork({ a: (b) => b.step(print), c: (b) => b.step(print) })
      .join('print', () => 1)
      .build();
    // Not known before it is built.
    const id: string = 'x';
    expect(
      counting()
        .step(print)
        .map(id, () => 1)
        .build().nodes.size,
    ).toBe(2);
    refused(
      () =>
        counting()
          .map(id, () => 1)
          .map(id, () => 1)
          .build(),
      'x',
    );
  });

  it('refuse what is no duration', () => {
    // @ts-expect-error no unit
    expect(() => counting().delay('pause', '10').build()).toThrow(
      expect.objectContaining({ code: 'InvalidDuration' }),
    );
    // @ts-expect-error a bare number
    expect(() => counting().delay('pause', 10).build()).toThrow(
      expect.objectContaining({ code: 'InvalidDuration' }),
    );
    // @ts-expect-error a word
    expect(() => counting().step(print, { timeout: 'soon' }).build()).toThrow();
  });
});

describe('types of a fork', () => {
  it('give the join every output by its name', () => {
    const built = counting()
      .fork({ text: (b) => b.step(print), twice: (b) => b.map('double', ({ n }) => n * 2) })
      .join('both', (outputs) => outputs)
      .build();
    expectTypeOf(built).toEqualTypeOf<
      Workflow<{ n: number }, { readonly text: { text: string }; readonly twice: number }, 'counting'>
    >();
  });

  it('check a task that joins', () => {
    const both = defineTask({
      name: 'both',
      input: z.object({ text: z.object({ text: z.string() }), twice: z.number() }),
      run: () => true,
    });
    const fork = counting().fork({
      text: (b) => b.step(print),
      twice: (b) => b.map('double', ({ n }) => n * 2),
    });
    expectTypeOf(fork.join(both).build()).toEqualTypeOf<Workflow<{ n: number }, boolean, 'counting'>>();
    // @ts-expect-error no branch is called n
    fork.join(print);
  });

  it('refuse a wrong name in the join', () => {
    const fork = counting().fork({ text: (b) => b.step(print) });
    // @ts-expect-error the branch is called text
    fork.join('both', ({ test }) => test);
  });

  it('refuse a fork without a join', () => {
    const fork = counting().fork({ text: (b) => b.step(print) });
    // @ts-expect-error join first
    refused(() => fork.build(), 'fork of text');
    // @ts-expect-error join first
    expect(() => fork.step(print)).toThrow();
    const body = (b: Chain<{ n: number }>) => b.fork({ text: (c) => c.step(print) });
    // @ts-expect-error the body ends with a fork
    const looping = counting().loop('l', body, { maxIterations: 1 });
    refused(() => looping.build(), 'l');
  });

  it('refuse a body that gives nothing back', () => {
    // @ts-expect-error nothing returned
    const fork = counting().fork({ text: () => {} });
    refused(() => fork.join('both', () => 1).build(), 'both/text');
  });
});

describe('types of a branch', () => {
  it('ask for a route for each key, and give the union of the outputs', () => {
    const built = speeding()
      .branch('route', ({ speed }) => speed, {
        express: (b) => b.map('fly', () => 1),
        normal: (b) => b.map('drive', () => 'x'),
      })
      .build();
    expectTypeOf(outputOf(built)).toEqualTypeOf<number | string | undefined>();
    // @ts-expect-error normal is missing
    speeding().branch('route', ({ speed }) => speed, { express: (b) => b.map('fly', () => 1) });
    speeding().branch('route', ({ speed }) => speed, {
      express: (b) => b.map('fly', () => 1),
      normal: (b) => b.map('drive', () => 'x'),
      // @ts-expect-error there is no such key
      slow: () => 1 as never,
    });
    speeding()
      .branch('route', ({ speed }) => (speed === 'express' ? 'yes' : 'no'), { yes: (b) => b, no: (b) => b })
      .build();
  });

  it('ask for otherwise when the key is any string', () => {
    // @ts-expect-error no otherwise
    speeding().branch('route', ({ name }) => name, { ann: (b) => b.map('greet', () => 1) });
    const built = speeding()
      .branch(
        'route',
        ({ name }) => name,
        { ann: (b) => b.map('greet', () => 1) },
        (b) => b.map('part', () => true),
      )
      .build();
    expectTypeOf(outputOf(built)).toEqualTypeOf<number | boolean | undefined>();
    const partly = speeding()
      .branch(
        'route',
        ({ speed }) => speed,
        { express: (b) => b.map('fly', () => 1) },
        (b) => b,
      )
      .map('seen', (value) => (typeof value === 'number' ? value : value.name))
      .build();
    expectTypeOf(outputOf(partly)).toEqualTypeOf<number | string | undefined>();
  });
});

describe('types of a loop', () => {
  const options = { maxIterations: 5 };

  it('go on with what is done, and with the last again where that ends the loop', () => {
    const failing = counting()
      .loop('poll', (b) => b.step(check), options)
      .build();
    expectTypeOf(outputOf(failing)).toEqualTypeOf<string | undefined>();
    const leaving = counting()
      .loop('poll', (b) => b.step(check), { ...options, onMax: 'exitWithLast' })
      .build();
    expectTypeOf(outputOf(leaving)).toEqualTypeOf<string | { n: number } | undefined>();
    const either: { maxIterations: number; onMax: 'fail' | 'exitWithLast' } = { ...options, onMax: 'fail' };
    const open = counting()
      .loop('poll', (b) => b.step(check), either)
      .build();
    expectTypeOf(outputOf(open)).toEqualTypeOf<string | { n: number } | undefined>();
    const inline = counting()
      .loop(
        'poll',
        (b) => b.map('decide', ({ n }) => (n > 1 ? done({ last: n }) : again({ n: n + 1 }))),
        options,
      )
      .build();
    expectTypeOf(outputOf(inline)).toMatchTypeOf<{ readonly last: number } | undefined>();
    const branched = counting()
      .loop(
        'poll',
        (b) =>
          b.branch('which', ({ n }) => (n > 1 ? 'big' : 'small'), {
            big: (c) => c.map('end', () => done(true)),
            small: (c) => c.step(check),
          }),
        options,
      )
      .build();
    expectTypeOf(outputOf(branched)).toEqualTypeOf<string | boolean | undefined>();
  });

  it('refuse a body that returns no decision', () => {
    // @ts-expect-error a number is no decision
    const numbers = counting().loop('poll', (b) => b.step(typed), options);
    refused(() => numbers.build(), 'poll/typed');
    // @ts-expect-error it goes nowhere
    const empty = counting().loop('poll', (b) => b, options);
    refused(() => empty.build(), 'poll');
  });

  it('refuse to go again with something that the body does not take', () => {
    // @ts-expect-error the body takes a number
    counting().loop('poll', (b) => b.map('decide', () => again({ n: 'x' })), options);
    const schemas = { input: Count, output: decision({ again: Count, done: z.string() }) };
    // @ts-expect-error so does the schema
    defineTask({ name: 'x', ...schemas, run: () => again({ n: 'x' }) });
    // @ts-expect-error both kinds need a schema
    expect(() => decision({ done: z.string() })).toThrow(expect.objectContaining({ field: 'again' }));
  });

  it('keep data that looks like a decision apart from one', () => {
    // @ts-expect-error only done() makes one
    counting().loop('poll', (b) => b.map('decide', () => ({ tag: 'done', value: 1 })), options);
  });

  const typed = defineTask({ name: 'typed', input: Count, output: z.number(), run: () => 1 });
});

it('a body is returned, not built', () => {
  // @ts-expect-error no body has a build
  const fork = counting().fork({ a: (b) => b.step(print).build() });
  refused(() => fork.join('j', () => 1).build(), 'j/a');
});
