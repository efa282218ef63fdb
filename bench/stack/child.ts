import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

const node = ['--conditions=holdfast-source'];

/** A program of the bench in a process of its own, that answers over its channel and ends when that closes. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess;
  /** The next that it tells. @throws Error when it ends instead */
  next(): Promise<unknown>;
}

export function startChild(file: URL, args: readonly string[] = [], env = process.env): Child {
  const child = fork(file, args, { execArgv: node, env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-2_000);
  });
  const ended = once(child, 'exit'); // 'close' never comes once the channel was closed from here
  return {
    process: child,
    async next() {
      const waiting = new AbortController();
      const options = { signal: waiting.signal };
      try {
        const answer = once(child, 'message', options).then(([message]) => message as unknown);
        answer.catch(() => {}); // it ended instead
        return await Promise.race([
          answer,
          ended.then(() => Promise.reject(new Error(lastWords(file, said)))),
        ]);
      } finally {
        waiting.abort();
      }
    },
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

const lastWords = (file: URL, said: string): string =>
  `${file.pathname.split('/').at(-1)} ended: ${said.trim().split('\n').slice(-5).join(' ') || 'without a word'}`;
