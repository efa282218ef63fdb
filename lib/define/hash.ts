import { hash } from 'node:crypto';
import stringify from 'safe-stable-stringify';
import type { ElementShape, Sequence, Shape } from '../model/definition.ts';
import type { DefinitionHash } from '../model/ids.ts';

/** A hash over a JSON value that does not depend on the order of its keys: 26 characters of `0-9a-v`. */
export function stableHash(value: unknown): string {
  const bits = BigInt(`0x${hash('sha256', stringify(value) ?? 'undefined')}`);
  return bits.toString(32).padStart(52, '0').slice(0, 26);
}

/** The hash of a stored text, the same for two that differ only in the order of their keys. */
export function hashOfText(text: string): string {
  // Texts that carry an `undefined` are not JSON; their own order counts.
  return stableHash(text.startsWith('undefined') ? text : { json: JSON.parse(text) });
}

/**
 * The hash of a definition's shape. How its nodes are executed (retry, timeout, lease, priority, tags), how long signals
 * are waited for, and the order of branches and routes are not part of it, so editing them keeps the hash.
 */
export function hashOf({ body, kind, name }: Shape): DefinitionHash {
  // Stored runs carry this hash of a single task: it must stay as it is.
  const identity = kind === 'task' ? { kind, task: name } : { kind, name, body: body.map(outline) };
  return stableHash(identity).slice(0, 16) as DefinitionHash;
}

/** What of an element makes it another one when it changes. */
function outline(element: ElementShape): unknown {
  const { id, kind } = element;
  const outlines = (body: Sequence) => body.map(outline);
  switch (element.kind) {
    case 'step':
      return { kind, id, task: element.task };
    case 'map':
      return { kind, id };
    case 'delay':
      return { kind, id, delayMs: element.delayMs };
    case 'signal': {
      const { onTimeout, signal } = element;
      return { kind, id, signal, onTimeout: onTimeout && outlines(onTimeout) };
    }
    case 'child':
      return { kind, id, workflow: element.workflow, hash: element.hash };
    case 'fork': {
      const branches = element.branches.map(({ body, name }) => [name, outlines(body)]);
      return { kind, id, branches: Object.fromEntries(branches), join: outline(element.join) };
    }
    case 'branch': {
      const routes = element.routes.map(({ body, key }) => [key, outlines(body)]);
      const otherwise = element.otherwise && outlines(element.otherwise);
      return { kind, id, routes: Object.fromEntries(routes), otherwise };
    }
    case 'loop': {
      const { body, maxIterations, onMax } = element;
      return { kind, id, body: outlines(body), maxIterations, onMax };
    }
  }
}
