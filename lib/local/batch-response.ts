import * as z from 'zod';

/** An absent or null list means success, as does a null response; anything of another shape is malformed. */
const responseSchema = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish() })
  .nullish();

/** Which messages of a batch are done, or why none is. */
export interface BatchOutcome {
  readonly done: readonly string[];
  readonly failed: readonly string[];
  /** Why the response could not be heeded. */
  readonly malformed?: string;
}

/**
 * What Lambda makes of a response with `ReportBatchItemFailures`: the messages named have failed; if one is named that
 * is not in the batch, or the response is malformed, all have.
 */
export function readBatchResponse(response: unknown, messageIds: readonly string[]): BatchOutcome {
  const parsed = responseSchema.safeParse(response);
  if (!parsed.success) return { done: [], failed: messageIds, malformed: z.prettifyError(parsed.error) };
  const named = new Set(parsed.data?.batchItemFailures?.map((item) => item.itemIdentifier));
  const unknown = [...named].find((id) => !messageIds.includes(id));
  if (unknown !== undefined) {
    return { done: [], failed: messageIds, malformed: `there is no message ${JSON.stringify(unknown)}` };
  }
  return {
    done: messageIds.filter((id) => !named.has(id)),
    failed: messageIds.filter((id) => named.has(id)),
  };
}
