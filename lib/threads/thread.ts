import workerpool from 'workerpool';
import { withStrays } from './strays.ts';
import { type Answer, sendThrown, type Target } from './wire.ts';

/*
 * The thread's side. It evaluates the text of a function that its own process gave to `spawn`; nothing that came by a
 * message or a request is ever evaluated.
 */

type Code = (...args: readonly unknown[]) => unknown;

const compiled = new Map<string, Code>();
const compiledMax = 1_000;

// Bundlers wrap functions so that they keep their names; the wrapper does not come along.
Object.defineProperty(globalThis, '__name', { value: (target: unknown) => target, configurable: true });

// A result that cannot be cloned is reported by the library as JSON, which leaves nothing of a DOMException.
Object.defineProperty(DOMException.prototype, 'toJSON', {
  value(this: DOMException) {
    return { name: this.name, message: this.message };
  },
});

workerpool.worker({ run });

/** @param tellsStart the caller's clock starts with the work, not with the thread */
async function run(target: Target, args: readonly unknown[], tellsStart: boolean): Promise<Answer> {
  const failed = (thrown: unknown) => sendThrown(thrown, target.kind === 'text');
  return await withStrays<Answer>(failed, async () => {
    try {
      const code = target.kind === 'text' ? compile(target.text) : await load(target);
      if (tellsStart) workerpool.workerEmit('started');
      return { value: await code(...args) };
    } catch (thrown) {
      return failed(thrown);
    }
  });
}

function compile(text: string): Code {
  const known = compiled.get(text);
  if (known) return known;
  const code = evaluate(text);
  if (compiled.size >= compiledMax) compiled.clear();
  compiled.set(text, code);
  return code;
}

/** A function, or a method as it stands in a class or an object: `add(a, b) { … }`. */
function evaluate(text: string): Code {
  try {
    return new Function(`return (${text}\n)`)() as Code;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const [method] = Object.values(new Function(`return ({ ${text}\n })`)() as Record<string, Code>);
    if (typeof method !== 'function') throw error;
    return method;
  }
}

async function load({ name, url }: Extract<Target, { kind: 'export' }>): Promise<Code> {
  const module = (await import(url)) as Readonly<Record<string, unknown>>;
  const code = Object.hasOwn(module, name) ? module[name] : undefined;
  if (typeof code === 'function') return code as Code;
  throw new TypeError(`${url} exports no function named ${name}`);
}
