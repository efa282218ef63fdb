import { setTimeout as pause } from 'node:timers/promises';
import type { Outputs } from './cdk.ts';
import { signedRequest } from './signed-request.ts';

export interface Shown {
  readonly id: string;
  readonly status: string;
  readonly attempt: number;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly output?: unknown;
  readonly error?: { readonly type: string; readonly message: string; readonly attempt: number };
}

interface Response<T> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: T;
}

/** The deployed API over its function URL. */
export class DeployedApi {
  readonly #host: string;

  constructor({ ApiUrl }: Outputs) {
    // On AWS as it is. LocalStack may put an address in place of the domain, which makes it no URL at all.
    const [, name] = /^https?:\/\/([a-z0-9-]+\.lambda-url\.[a-z0-9-]+)\./i.exec(ApiUrl) ?? [];
    if (name === undefined) throw new Error(`Not a function URL: ${ApiUrl}`);
    this.#host = `${name}.on.aws`;
  }

  async call<T = unknown>(
    method: string,
    path: string,
    { body, unsigned = false }: { body?: unknown; unsigned?: boolean } = {},
  ): Promise<Response<T>> {
    const answer = await signedRequest({
      service: 'lambda',
      method,
      path,
      host: this.#host,
      unsigned,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? '' : JSON.stringify(body),
    });
    const parsed: unknown = JSON.parse(answer.text);
    return unwrapped<T>(parsed) ?? { ...answer, body: parsed as T };
  }

  async submit(task: string, input: unknown, options: object = {}): Promise<string> {
    const { status, body } = await this.call<Shown>('POST', '/tasks', { body: { task, input, ...options } });
    if (status !== 202) throw new Error(`POST /tasks: ${status} ${JSON.stringify(body)}`);
    return body.id;
  }

  async get(id: string): Promise<Shown> {
    return (await this.call<Shown>('GET', `/tasks/${id}`)).body;
  }

  /** Resolves once the task has ended; the test's own timeout bounds it. */
  async ended(id: string): Promise<Shown> {
    return this.until(id, (run) => run.endedAt !== undefined);
  }

  async until(id: string, holds: (run: Shown) => boolean): Promise<Shown> {
    for (;;) {
      const run = await this.get(id);
      if (holds(run)) return run;
      await pause(250);
    }
  }
}

/**
 * MiniStack expects a streamed response of a function with RESPONSE_STREAM, but runs functions on a node that cannot
 * stream: the handler's value arrives as the body.
 */
function unwrapped<T>(parsed: unknown): Response<T> | undefined {
  const value = parsed as { statusCode?: unknown; headers?: Record<string, string>; body?: unknown } | null;
  if (typeof value?.statusCode !== 'number' || typeof value.body !== 'string') return undefined;
  return { status: value.statusCode, headers: value.headers ?? {}, body: JSON.parse(value.body) as T };
}
