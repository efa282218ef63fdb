import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';

/** One message of a stream of server-sent events. */
export interface ServerMessage {
  readonly id: string | undefined;
  readonly event: string;
  /** Undefined where only the id of the message before has changed. */
  readonly data: string | undefined;
}

/** The API says something every 15 s at least. */
const silenceMsMax: Ms = 45_000;
/** Of one message: a run with its nodes, and more. */
const charactersMax = 16_000_000;

/**
 * The messages of a stream, to its end.
 *
 * @throws HoldfastError `ApiUnreachable` when it falls silent or breaks off, `ApiProblem` for what is no such stream
 */
export async function* serverMessages(
  stream: ReadableStream<Uint8Array>,
  clock: Clock,
): AsyncGenerator<ServerMessage, void> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const chunk = await nextChunk(reader, clock);
      if (chunk === undefined) return;
      text += decoder.decode(chunk, { stream: true });
      if (text.length > charactersMax)
        throw new HoldfastError(
          'ApiProblem',
          `A message of the stream has more than ${charactersMax} characters`,
        );
      const blocks = text.split(/\r\n\r\n|\n\n|\r\r/);
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const message = messageOf(block);
        if (message) yield message;
      }
    }
  } finally {
    // Whoever reads no further lets the API know.
    await reader.cancel().catch(() => {});
  }
}

async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  clock: Clock,
): Promise<Uint8Array | undefined> {
  const silence = Promise.withResolvers<never>();
  const timer = clock.after(silenceMsMax, () =>
    silence.reject(
      new HoldfastError('ApiUnreachable', `The stream was silent for ${silenceMsMax / 1_000} s`),
    ),
  );
  try {
    return (await Promise.race([reader.read(), silence.promise])).value;
  } catch (cause) {
    if (cause instanceof HoldfastError) throw cause;
    throw new HoldfastError('ApiUnreachable', 'The stream of events broke off', { cause });
  } finally {
    timer.cancel();
  }
}

/** Undefined where there are only comments, or what is meant for the connection: neither data nor an id. */
function messageOf(block: string): ServerMessage | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r\n|\n|\r/)) {
    const [, name, value = ''] = /^([^:]+)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === undefined) continue;
    const before = name === 'data' ? fields.get(name) : undefined;
    fields.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  const data = fields.get('data');
  const id = fields.get('id');
  if (data === undefined && id === undefined) return undefined;
  return { id, event: fields.get('event') ?? 'message', data };
}
