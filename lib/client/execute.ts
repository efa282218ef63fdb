import { storedCodeOptions } from '../compose/registry.ts';
import { type Registered, registeredOf } from '../define/registry.ts';
import { HoldfastError } from '../model/errors.ts';
import type { ExecutionLabel } from '../model/run.ts';
import { defaultFilePath } from '../stored-code/input.ts';
import { storedCodeTask } from '../stored-code/task.ts';
import type { SubmitOptions } from './client.ts';
import type { ExecutionRequest } from './execution-view.ts';
import type { ClientPorts } from './ports.ts';

const timeoutSecondsDefault = 300;
const labelCharsMax = 128;
const pathCharsMax = 512;

/** An execution by reference as what it is: a run of a task. */
export interface Execution {
  readonly registered: Registered;
  readonly input: unknown;
  readonly options: SubmitOptions;
  readonly execution: ExecutionLabel;
}

/**
 * @throws HoldfastError `InvalidArgument`, `UnknownTask`, `StoredCodeDisabled`
 */
export function executionOf(
  { registry, settings }: Pick<ClientPorts, 'registry' | 'settings'>,
  request: ExecutionRequest,
): Execution {
  const { caller, code, filePath, functionName, organization, parameters, workflowId } = request;
  const { idempotencyKey, timeoutSeconds = timeoutSecondsDefault, traceparent } = request;
  const shared = {
    options: {
      timeout: `${Math.round(timeoutSeconds * 1_000)}ms` as const,
      ...(organization !== undefined && { tenant: organization }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(traceparent !== undefined && { traceparent }),
    },
    execution: {
      workflowId: text(workflowId, 'workflowId', labelCharsMax),
      ...(caller !== undefined && { caller: text(caller, 'caller', labelCharsMax) }),
      ...(filePath !== undefined && { filePath: text(filePath, 'filePath', pathCharsMax) }),
    },
  };
  if (code === undefined) {
    const registered = registry?.byName(functionName);
    if (registered?.definition.kind === 'task') return { ...shared, registered, input: parameters };
    const what = `There is no task named ${JSON.stringify(functionName)}`;
    throw new HoldfastError('UnknownTask', what, { field: 'functionName' });
  }
  if (settings.storedCode === 'off')
    throw new HoldfastError('StoredCodeDisabled', 'Code that comes with a request is not executed here', {
      field: 'code',
    });
  const path = filePath ?? defaultFilePath(code);
  if (path === undefined) {
    throw new HoldfastError('InvalidArgument', 'filePath must name the module that exports the function', {
      field: 'filePath',
    });
  }
  return {
    ...shared,
    registered: registeredOf(storedCodeTask(storedCodeOptions(settings))),
    input: { code, filePath: path, functionName, parameters },
  };
}

function text(value: string, field: string, charsMax: number): string {
  if (value.length >= 1 && value.length <= charsMax) return value;
  throw new HoldfastError('InvalidArgument', `${field} must have 1 to ${charsMax} characters`, { field });
}

/** What a run calls the fields of an execution. */
const renamed: ReadonlyMap<string, string> = new Map([
  ['timeout', 'timeoutSeconds'],
  ['tenant', 'organization'],
]);

/** An error of the submission, about the field that the request has. */
export function asRequested(error: unknown, { code }: ExecutionRequest): unknown {
  if (!(error instanceof HoldfastError) || error.field === undefined) return error;
  const { field } = error;
  const own = renamed.get(field) ?? inputField(field, code !== undefined);
  if (own === undefined) return error;
  const { cause, hint } = error;
  return new HoldfastError(error.code, error.message.replace(field, own), { field: own, hint, cause });
}

/** The input is the parameters, or, of stored code, made of what was asked for. */
function inputField(field: string, isStored: boolean): string | undefined {
  if (field === 'input') return isStored ? 'code' : 'parameters';
  if (!field.startsWith('input.')) return undefined;
  const inner = field.slice('input.'.length);
  return isStored ? inner : `parameters.${inner}`;
}
