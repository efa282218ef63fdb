import { json } from 'node:stream/consumers';
import { AgentRequest, misconfigured } from './request.ts';

/*
 * The agent's process: reads a request from standard input, writes the answer to standard output and what it does to
 * standard error. It speaks to any endpoint with OpenAI's chat completions, which OPENAI_BASE_URL names; to OpenAI itself
 * without.
 */
const instructions = `You carry out what the user asks for, with the tools that you have. Look before you answer, and
answer with the result only.`;

/** The SDK is no dependency of Holdfast's own. */
async function loadSdk() {
  try {
    return { ...(await import('@openai/agents')), ...(await import('./tools.ts')) };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    return giveUp('The agent needs the package @openai/agents: npm install @openai/agents@0.20.0');
  }
}

function giveUp(what: string): never {
  console.error(what);
  process.exit(misconfigured);
}

async function answer({ allowedTools, maxTurns, prompt }: AgentRequest): Promise<string> {
  const { AGENT_COMMANDS, AGENT_DIRECTORY, OPENAI_API_KEY, OPENAI_BASE_URL } = process.env;
  const commands = AGENT_COMMANDS?.split(',').filter(Boolean) ?? [];
  if (allowedTools.includes('run_command') && commands.length === 0)
    giveUp('The tool run_command needs AGENT_COMMANDS, the names of the programs that it may run');
  // Endpoints on one's own machine ask for none.
  if (!OPENAI_API_KEY && !OPENAI_BASE_URL) giveUp('The agent needs OPENAI_API_KEY, or OPENAI_BASE_URL');
  const { Agent, OpenAIProvider, Runner, setTracingDisabled, toolsFor } = await loadSdk();
  // Else it would send what it does to OpenAI, whatever the endpoint is.
  setTracingDisabled(true);
  const modelProvider = new OpenAIProvider({ apiKey: OPENAI_API_KEY || 'none', useResponses: false });
  const runner = new Runner({ modelProvider });
  runner.on('agent_tool_end', (_context, _agent, { name }, output, { toolCall }) => {
    const given = 'arguments' in toolCall ? toolCall.arguments : undefined;
    console.error(JSON.stringify({ tool: name, arguments: given, output }));
  });
  const tools = toolsFor(AGENT_DIRECTORY || process.cwd(), commands);
  const agent = new Agent({ name: 'agent', instructions, tools: allowedTools.map((name) => tools[name]) });
  const { finalOutput } = await runner.run(agent, prompt, { maxTurns });
  return finalOutput ?? '';
}

try {
  process.stdout.write(await answer(AgentRequest.parse(await json(process.stdin))));
} catch (error) {
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
  process.exitCode = 1;
}
