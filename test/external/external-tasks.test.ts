import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import type { Task } from '../../lib/define/task.ts';
import { externalTasks } from '../../lib/external/index.ts';

const command = { command: 'no-such-program' } as const;

describe('external tasks', () => {
  it('are tasks like any other, typed by their schemas', () => {
    const { plain, 'word-count': wordCount } = externalTasks({
      ...command,
      tasks: {
        'word-count': {
          input: z.object({ path: z.string(), top: z.int().default(3) }),
          output: z.object({ words: z.int() }),
          timeout: '1m',
          retry: { maxAttempts: 2 },
        },
        plain: {},
      },
    });
    expect(wordCount).toMatchObject({
      kind: 'task',
      name: 'word-count',
      policy: { timeoutMs: 60_000, maxAttempts: 2 },
    });
    expectTypeOf(wordCount).toEqualTypeOf<
      Task<{ path: string; top?: number | undefined }, { words: number }, 'word-count'>
    >();
    expectTypeOf(plain).toEqualTypeOf<Task<unknown, unknown, 'plain'>>();
  });

  it('have names and options of tasks', () => {
    expect(() => externalTasks({ ...command, tasks: { 'no name': {} } })).toThrow(
      expect.objectContaining({ code: 'InvalidName' }),
    );
    expect(() => externalTasks({ ...command, tasks: { a: { timeout: 'soon' as never } } })).toThrow(
      expect.objectContaining({ code: 'InvalidDuration' }),
    );
    // @ts-expect-error another process cannot be a thread
    externalTasks({ ...command, tasks: { a: { isolation: 'thread' } } });
  });
});
