import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** What a model is asked, as far as the tests look at it. */
export interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

/** What a model says: a text, or the use of a tool. */
export type Said = string | { readonly tool: string; readonly input: unknown };

/** Says what comes next, or nothing, ever. */
export type Model = (asked: Asked, turn: number) => Said | number | undefined;

/** A model's endpoint on this machine, with OpenAI's chat completions: what it says is what the test wants. */
export async function startStandIn() {
  const asked: Asked[] = [];
  const keys: (string | undefined)[] = [];
  let model: Model = () => 'nothing to say';
  let open = 0;
  const server = createServer(async (request, response) => {
    open += 1;
    response.on('close', () => {
      open -= 1;
    });
    if (request.url !== '/v1/chat/completions') return void response.writeHead(404).end();
    keys.push(request.headers.authorization);
    const body = (await json(request)) as Asked;
    asked.push(body);
    // Each answer of the model, and what its tools gave, is in the conversation.
    const turn = body.messages.filter(({ role }) => role === 'assistant').length + 1;
    answer(response, model(body, turn), turn);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    keys,
    /** Requests without an answer so far. */
    open: () => open,
    setModel(next: Model) {
      model = next;
      asked.length = 0;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(response: ServerResponse, said: ReturnType<Model>, turn: number): void {
  if (said === undefined) return;
  response.setHeader('content-type', 'application/json');
  if (typeof said === 'number') {
    response
      .writeHead(said)
      .end(JSON.stringify({ error: { message: 'the stand-in refuses', type: 'test' } }));
    return;
  }
  const message =
    typeof said === 'string'
      ? { role: 'assistant', content: said }
      : { role: 'assistant', content: null, tool_calls: [toolCall(said.tool, said.input, turn)] };
  const finish_reason = typeof said === 'string' ? 'stop' : 'tool_calls';
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  const choices = [{ index: 0, message, finish_reason }];
  response.end(
    JSON.stringify({ id: `t${turn}`, object: 'chat.completion', created: 0, model: 'm', choices, usage }),
  );
}

function toolCall(name: string, input: unknown, turn: number) {
  return { id: `call-${turn}`, type: 'function', function: { name, arguments: JSON.stringify(input) } };
}
