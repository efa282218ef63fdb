import { describe, expect, expectTypeOf, it } from 'vitest';
import { type CommandInput, type CommandOutput, defineCommand } from '../../lib/commands/index.ts';
import type { CommandOptions } from '../../lib/commands/policy.ts';
import type { Task } from '../../lib/define/task.ts';

const define = (options: Partial<CommandOptions> = {}) =>
  defineCommand({ name: 'convert', allow: ['ffmpeg'], ...options });

describe('a command task', () => {
  it('is a task like any other', () => {
    const task = defineCommand({
      name: 'convert',
      allow: ['ffmpeg', '/usr/bin/env'],
      cwd: new URL('./', import.meta.url),
      timeout: '2m',
      retry: { maxAttempts: 1 },
    });
    expect(task).toMatchObject({
      kind: 'task',
      name: 'convert',
      policy: { timeoutMs: 120_000, maxAttempts: 1 },
    });
    expectTypeOf(task).toEqualTypeOf<Task<CommandInput, CommandOutput, 'convert'>>();
    expectTypeOf<{ program: 'ffmpeg'; args: ['-i'] }>().toExtend<CommandInput>();
  });

  it.each<[string, Partial<CommandOptions>]>([
    ['allow', { allow: [] }],
    ['allow', { allow: 'ffmpeg' as never }],
    ['allow.1', { allow: ['ffmpeg', './ffmpeg'] }],
    ['allow.0', { allow: ['bin/ffmpeg'] }],
    ['allow.0', { allow: [''] }],
    ['allow.0', { allow: ['a\0b'] }],
    ['allow.0', { allow: [7 as never] }],
    ['env.0', { env: ['A=B'] }],
    ['env', { env: 'HOME' as never }],
    ['inputEnv.1', { inputEnv: ['LANG', ''] }],
    ['inputEnv.0', { inputEnv: ['HOLDFAST_PROCESS'] }],
    ['maxOutputBytes', { maxOutputBytes: 0 }],
    ['maxOutputBytes', { maxOutputBytes: 1.5 }],
    ['maxOutputBytes', { maxOutputBytes: 150_001 }],
    ['success', { success: [] }],
    ['success', { success: [256] }],
    ['success', { success: [-1] }],
    ['success', { success: 'all' as never }],
    ['killGrace', { killGrace: '61s' }],
  ])('refuses %s of %o', (field, options) => {
    expect(() => define(options)).toThrow(
      expect.objectContaining({
        code: 'InvalidArgument',
        field,
        message: expect.stringContaining('command convert: '),
      }),
    );
  });

  it('refuses a name and a duration that are none', () => {
    expect(() => defineCommand({ name: 'no name', allow: ['x'] })).toThrow(
      expect.objectContaining({ code: 'InvalidName' }),
    );
    expect(() => define({ killGrace: 'soon' as never })).toThrow(
      expect.objectContaining({ code: 'InvalidDuration', field: 'command convert: killGrace' }),
    );
  });
});
