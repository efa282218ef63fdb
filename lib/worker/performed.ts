import type { Payload } from '../model/payload.ts';

/** What came of a node's code. */
export interface Performed {
  /** As text; as it is stored already where it only passes through; absent for a route, whose input goes on. */
  readonly output?: { readonly text: string } | { readonly payload: Payload };
  readonly cached: boolean;
  readonly decision?: string;
}
