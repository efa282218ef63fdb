import { again, defineTask, defineWorkflow, done, type Workflow } from 'holdfast';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';

const Count = z.object({ n: z.number() });
const Approval = z.object({ by: z.string().transform((name) => name.length) });
const print = defineTask({ name: 'print', input: Count, run: ({ n }) => ({ text: String(n) }) });
const counting = () => defineWorkflow('counting', { input: Count });
const refused = (build: () => unknown, field: string, code: string = 'InvalidWorkflow') =>
  expect(build).toThrow(expect.objectContaining({ code, field }));

/** The type of a workflow's output, as a value's. */
const outputOf = <Output>(_: Workflow<unknown, Output>) => undefined as Output | undefined;

describe('types of a signal', () => {
  it('go on with the payload as its schema gives it, unknown without one', () => {
    const typed = counting().awaitSignal('approved', { schema: Approval }).build();
    expectTypeOf(typed).toEqualTypeOf<Workflow<{ n: number }, { by: number }, 'counting'>>();
    const untyped = counting().awaitSignal('approved').build();
    expectTypeOf(outputOf(untyped)).toEqualTypeOf<unknown>();
    const failing = counting().awaitSignal('approved', {
      schema: Approval,
      timeout: '2d',
      onTimeout: 'fail',
    });
    expectTypeOf(outputOf(failing.build())).toEqualTypeOf<{ by: number } | undefined>();
  });

  it('are the same in a branch, where nothing is known of what is to come', () => {
    const forked = counting()
      .fork({
        a: (b) => b.awaitSignal('approved', { schema: Approval, timeout: '2d' }),
        b: (b) => b.awaitSignal('approved', { schema: Approval, merge: (value, { by }) => value.n + by }),
      })
      .join('all', (outputs) => {
        expectTypeOf(outputs).toEqualTypeOf<{ readonly a: { by: number }; readonly b: number }>();
        return outputs.a.by + outputs.b;
      })
      .build();
    expectTypeOf(outputOf(forked)).toEqualTypeOf<number | undefined>();
  });

  it('go on with what merge makes of value and payload', () => {
    const merged = counting()
      .awaitSignal('approved', {
        schema: Approval,
        timeout: '2d',
        merge: (value, approval) => {
          expectTypeOf(value).toEqualTypeOf<{ n: number }>();
          expectTypeOf(approval).toEqualTypeOf<{ by: number }>();
          return { ...value, ...approval };
        },
      })
      .build();
    expectTypeOf(outputOf(merged)).toEqualTypeOf<{ n: number; by: number } | undefined>();
    const later = counting()
      .awaitSignal('approved', { merge: async ({ n }, payload) => ({ n, text: String(payload) }) })
      .build();
    expectTypeOf(outputOf(later)).toEqualTypeOf<{ n: number; text: string } | undefined>();
    // @ts-expect-error no schema says what the payload is
    counting().awaitSignal('approved', { merge: (_, payload) => payload.by });
    // @ts-expect-error the value has no text
    counting().awaitSignal('approved', { merge: ({ text }) => text });
    // @ts-expect-error the schema makes a number of it
    counting().awaitSignal('approved', { schema: Approval, merge: (_, { by }) => by.length });
  });

  it('are those of both ways where a body follows the timeout', () => {
    const either = counting()
      .awaitSignal('approved', {
        schema: Approval,
        timeout: '2d',
        onTimeout: (b) => b.step(print).map('short', ({ text }) => text.length),
      })
      .build();
    expectTypeOf(outputOf(either)).toEqualTypeOf<number | { by: number } | undefined>();
    const merged = counting()
      .awaitSignal('approved', { timeout: '2d', merge: () => 'yes' as const, onTimeout: (b) => b })
      .map('seen', (value) => (value === 'yes' ? 0 : value.n))
      .build();
    expectTypeOf(outputOf(merged)).toEqualTypeOf<number | undefined>();
    const timeout = '2d';
    // @ts-expect-error the body gets a number
    counting().awaitSignal('approved', { timeout, onTimeout: (b) => b.map('x', ({ text }) => text) });
  });

  it('refuse other ways than these when the time is over', () => {
    const patient = { onTimeout: 'fail' } as const;
    expect(counting().awaitSignal('go', patient).build().shape.body).toHaveLength(1);
    // @ts-expect-error a body needs a time
    const timeless = counting().awaitSignal('go', { onTimeout: (b) => b });
    refused(() => timeless.build(), 'go');
    // @ts-expect-error no such way
    refused(() => counting().awaitSignal('go', { timeout: '1d', onTimeout: 'skip' }).build(), 'go');
    const wrong = 'InvalidDuration';
    // @ts-expect-error no unit
    refused(() => counting().awaitSignal('go', { timeout: '1' }).build(), 'node go: timeout', wrong);
    // @ts-expect-error a bare number
    refused(() => counting().awaitSignal('go', { timeout: 5 }).build(), 'node go: timeout', wrong);
  });

  it('refuse an id that a sibling has', () => {
    const go = () => counting().awaitSignal('go');
    // @ts-expect-error the id of a signal is its name
    refused(() => go().awaitSignal('go').build(), 'go');
    // @ts-expect-error the same as an id of its own
    refused(() => go().awaitSignal('stop', { id: 'go' }).build(), 'go');
    const twice = go().awaitSignal('go', { id: 'next' });
    // @ts-expect-error and for what follows
    refused(() => twice.delay('next', '1s').build(), 'next');
    expect(twice.build().nodes.size).toBe(2);
  });

  it('a loop does not end with one, whatever it makes of it', () => {
    const looping = counting().loop(
      'poll',
      (b) => b.awaitSignal('go', { merge: ({ n }) => (n > 1 ? done(n) : again({ n })) }),
      { maxIterations: 3 },
    );
    refused(() => looping.build(), 'poll/go');
  });
});

describe('types of a child', () => {
  const printing = defineWorkflow('printing', { input: Count }).step(print).build();
  const Text = z.object({ text: z.string() });
  const reading = defineWorkflow('reading', { input: Text })
    .map('read', ({ text }) => text.length)
    .build();

  it('go on with the output of its workflow', () => {
    const built = counting().child(printing).child(reading).build();
    expectTypeOf(built).toEqualTypeOf<Workflow<{ n: number }, number, 'counting'>>();
    const parsed = defineWorkflow('parsed', { input: z.object({ n: z.string().transform(Number) }) })
      .map('same', ({ n }) => n)
      .build();
    const given = defineWorkflow('giving', { input: z.string() })
      .map('given', (n) => ({ n }))
      .child(parsed)
      .build();
    expectTypeOf(outputOf(given)).toEqualTypeOf<number | undefined>();
  });

  it('refuse an input that its workflow does not take', () => {
    // @ts-expect-error reading takes a text
    counting().child(reading);
    // @ts-expect-error so does a body
    counting().fork({ a: (b) => b.child(reading) });
  });

  it('refuse what is no finished workflow', () => {
    // @ts-expect-error not built
    refused(() => counting().child(counting().step(print)).build(), '#1');
    // @ts-expect-error a task
    refused(() => counting().child(print).build(), '#1');
    // @ts-expect-error a workflow is no task
    refused(() => counting().step(printing).build(), '#1');
  });

  it('refuse an id that a sibling has', () => {
    const twice = defineWorkflow('same', { input: Count })
      .map('same', (value) => value)
      .build();
    // @ts-expect-error the id of a child is the name of its workflow
    refused(() => counting().child(twice).child(twice).build(), 'same');
    expect(counting().child(twice).child(twice, { id: 'more' }).build().nodes.size).toBe(2);
    const known: Workflow<{ n: number }, { n: number }> = twice;
    // Whose name is not known before it is built.
    refused(() => counting().child(known).child(known).build(), 'same');
    expect(counting().delay('pause', '1s').child(known).build().nodes.size).toBe(2);
  });
});
