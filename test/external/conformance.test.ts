import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { checks } from '../../lib/external/conformance/checks.ts';
import { type CheckResult, conformance } from '../../lib/external/conformance/conformance.ts';
import type { ExternalOptions } from '../../lib/external/options.ts';

vi.setConfig({ testTimeout: 120_000 });

const node = { command: process.execPath, killGrace: '100ms' } as const;
const executor = new URL('./fixtures/executor.js', import.meta.url);
const pythonWorker = new URL('../../examples/python/worker.py', import.meta.url);

async function resultsOf(options: ExternalOptions, patienceMs: number, names?: string[]) {
  const results: CheckResult[] = [];
  for await (const result of conformance(options, patienceMs, names)) results.push(result);
  return results;
}

async function failuresOf(options: ExternalOptions) {
  const results = await resultsOf(options, 20_000);
  expect(results.map(({ name }) => name)).toEqual([...checks.keys()]);
  return results.filter(({ passed }) => !passed);
}

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('skipped: the Python executor (there is no python3 of version 3.9 or later)');
    return false;
  }
}

describe('the checks pass for an executor', () => {
  it('in Node', async () => {
    expect(await failuresOf({ ...node, args: [executor] })).toEqual([]);
  });

  it.runIf(hasPython())('in Python', async () => {
    expect(await failuresOf({ command: 'python3', args: [pythonWorker] })).toEqual([]);
  });
});

describe('the checks fail for an executor', () => {
  it.each<[string, string, string]>([
    ['version', 'says hello first, with its version and tasks', 'its protocol is 2, not 1'],
    ['no-echo', 'says hello first, with its version and tasks', '["conformance.echo"]'],
    ['hasty', 'says hello first, with its version and tasks', 'the type of its first message is "pong"'],
    [
      'chatty',
      'says hello first, with its version and tasks',
      'a line is not JSON: "welcome to the executor"',
    ],
    ['mute', 'says hello first, with its version and tasks', 'a message hello did not come'],
    ['dies', 'says hello first, with its version and tasks', 'it ended with exit code 1'],
    ['rounds', 'gives values back as they were', 'an echo is -1, not -1.5'],
    ['chunks', 'takes values as large as they may be', 'it ended with exit code 1'],
    ['chunks', 'reads lines, in whatever pieces they come', 'it ended with exit code 1'],
    ['one-by-one', 'executes side by side, and answers each once', 'did not come'],
    ['twice', 'executes side by side, and answers each once', 'is 2, not 1'],
    ['anonymous', 'hands the context to the task', 'the context is'],
    ['always-retryable', 'reports failures, and whether to try again', 'retryable is true, not false'],
    ['speechless', 'refuses tasks that it does not have', 'did not come'],
    [
      'silent-progress',
      'reports progress, checkpoints and log lines before the result',
      'a message progress',
    ],
    [
      'forgetful',
      'reports progress, checkpoints and log lines before the result',
      'checkpointed before is null',
    ],
    ['deaf', 'ends a task that is cancelled, and no other', 'did not come'],
    ['strict', 'leaves alone what it does not know', 'it ended with exit code 1'],
    ['no-pong', 'answers pings while it is busy', 'a message pong of ping-1 did not come'],
    ['immortal', 'ends when its input ends, whatever runs', 'its end did not come'],
    ['ends-badly', 'ends when its input ends, whatever runs', '"code":1'],
  ])('with the fault %s: it %s', async (fault, name, detail) => {
    const plan = { ...node, args: [fileURLToPath(executor), fault] };
    expect(await resultsOf(plan, 1_500, [name])).toEqual([
      { name, passed: false, detail: expect.stringContaining(detail) },
    ]);
  });

  it('that cannot be started', async () => {
    const failed = await failuresOf({ command: 'no-such-program' });
    expect(failed).toHaveLength(checks.size);
    expect(failed[0]?.detail).toContain('ENOENT');
  });
});
