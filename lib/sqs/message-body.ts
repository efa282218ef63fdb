import * as z from 'zod';
import { type DefinitionHash, type NodeId, runId, tenantId } from '../model/ids.ts';
import type { DispatchMessage } from '../model/message.ts';

/** More than the longest body that `messageBody` makes. */
const charactersMax = 4_096;

/** Short names: the body is most of what a doorbell is. */
const bodySchema = z.strictObject({
  t: z.string().min(1).max(128),
  r: z.string().min(1).max(128),
  n: z.string().min(1).max(1_024),
  h: z.string().min(1).max(128),
  o: z.int().min(0).max(1_000_000),
});

export type ParsedMessage =
  | { readonly ok: true; readonly message: DispatchMessage }
  /** The reason shows nothing of what the body holds. */
  | { readonly ok: false; readonly reason: string };

export function messageBody({ tenant, run, node, hash, hop }: DispatchMessage): string {
  return JSON.stringify({ t: tenant, r: run, n: node, h: hash, o: hop } satisfies z.infer<typeof bodySchema>);
}

/** Reads the body of a received message. Anybody may have sent it, so a malformed one is a value, not an exception. */
export function parseMessage(body: string): ParsedMessage {
  if (body.length > charactersMax) return malformed(`longer than ${charactersMax} characters`);
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return malformed('not JSON');
  }
  const parsed = bodySchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return malformed(`not a dispatch: ${issue?.path.join('.') || 'body'} (${issue?.code ?? 'invalid'})`);
  }
  const { t, r, n, h, o } = parsed.data;
  try {
    const ids = { tenant: tenantId(t), run: runId(r), node: n as NodeId, hash: h as DefinitionHash };
    return { ok: true, message: { ...ids, hop: o } };
  } catch {
    return malformed('not a dispatch: t or r is no identifier');
  }
}

const malformed = (reason: string): ParsedMessage => ({ ok: false, reason });
