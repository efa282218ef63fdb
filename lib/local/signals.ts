/** What a program ends with that a signal ended before its work was done: the shell's number for Ctrl-C. */
export const interruptedCode = 130;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * npm hands on to its child the Ctrl-C that the terminal has sent to both: the same signal again within this time is the
 * same request, not impatience.
 */
const sameRequestMs = 500;

let received = false;

/** Whether a signal has asked this process to end: what ends it then is no accident. */
export const wasSignalled = (): boolean => received;

/**
 * Takes the signals that ask this process to end, until it is disposed of.
 *
 * @param onSignal is given how many there were by now, from 1
 */
export function takeSignals(onSignal: (count: number) => void): Disposable {
  let count = 0;
  let last: { readonly signal: string; readonly at: number } | undefined;
  const listener = (signal: string) => {
    const at = performance.now();
    received = true;
    if (last?.signal === signal && at - last.at <= sameRequestMs) return;
    last = { signal, at };
    count += 1;
    onSignal(count);
  };
  for (const signal of signals) process.on(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, listener);
    },
  };
}

/** Resolves with the first signal that asks this process to end. A later one ends it at once, with code 130. */
export function untilSignalled(): Promise<void> {
  return new Promise((resolve) => {
    takeSignals((count) => (count === 1 ? resolve() : process.exit(interruptedCode)));
  });
}
