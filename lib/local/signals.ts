/** What a program ends with that a signal ended before its work was done: the shell's number for Ctrl-C. */
export const interruptedCode = 130;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * npm hands on to its child the Ctrl-C that the terminal has sent to both: a repetition within this time is the same
 * request, not impatience.
 */
const sameRequestMs = 500;

let received = false;

/** Whether a signal has asked this process to end: what ends it then is no accident. */
export const wasSignalled = (): boolean => received;

/** Resolves with the first signal that asks this process to end. A later one ends it at once, with code 130. */
export function untilSignalled(): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const onSignal = () => {
      const now = performance.now();
      received = true;
      firstAt ??= now;
      resolve();
      if (now - firstAt > sameRequestMs) process.exit(interruptedCode);
    };
    for (const signal of signals) process.on(signal, onSignal);
  });
}
