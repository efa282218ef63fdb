import { HoldfastError } from '../model/errors.ts';
import { noTenant, tenantId } from '../model/ids.ts';
import { serialize } from '../model/serialize.ts';
import { isTraceparent } from '../model/traceparent.ts';
import type { BatchEntry, Client, InTenant, RunRef, SubmitOptions, Submitted } from './client.ts';
import { batchFrom, submittedFrom } from './http-answers.ts';
import type { Transport } from './http-transport.ts';

/** What is submitted, and as what. */
interface Named {
  readonly kind: 'task' | 'workflow';
  readonly name: string;
}

type HttpBatchEntry = Omit<BatchEntry, 'task'> & { readonly definition: Named };

type Submissions = Pick<Client, 'submit' | 'submitByName' | 'submitAll' | 'submitAllByName'>;

/** Submits over HTTP. Outputs have the type that the caller's definitions give them. */
export function submissions(send: Transport): Submissions {
  return {
    submit: async (definition, input, options) =>
      (await submitOne(send, definition, input, options)) as never,
    submitByName: (name, input, options) => submitOne(send, { kind: 'task', name }, input, options),
    submitAll: async (entries, options) => {
      const named = entries.map(({ task, ...entry }) => ({ ...entry, definition: task }));
      return (await submitMany(send, named, options)) as never;
    },
    submitAllByName: (entries, options) => {
      const named = entries.map(({ task, ...entry }) => ({
        ...entry,
        definition: { kind: 'task' as const, name: task },
      }));
      return submitMany(send, named, options);
    },
  };
}

async function submitOne(
  send: Transport,
  { kind, name }: Named,
  input: unknown,
  { dependsOn, tenant, traceparent, ...options }: SubmitOptions = {},
): Promise<Submitted> {
  checkCarried(input, 'input');
  const answer = await send({
    method: 'POST',
    path: kind === 'workflow' ? '/runs' : '/tasks',
    headers: { ...tenantHeader(tenant), ...(isTraceparent(traceparent) ? { traceparent } : {}) },
    body: { [kind]: name, input, ...options, ...(dependsOn && { dependsOn: idsOf(dependsOn, tenant) }) },
  });
  return submittedFrom(answer);
}

async function submitMany(
  send: Transport,
  entries: readonly HttpBatchEntry[],
  { tenant }: InTenant = {},
): Promise<readonly Submitted[]> {
  const body = entries.map(({ definition, input, traceparent, ...entry }, index) => {
    checkCarried(input, `${index}.input`);
    return {
      ...entry,
      [definition.kind]: definition.name,
      input,
      ...(isTraceparent(traceparent) ? { traceparent } : {}),
    };
  });
  const runs = batchFrom(
    await send({ method: 'POST', path: '/batches', headers: tenantHeader(tenant), body }),
  );
  if (runs.length === entries.length) return runs;
  throw new HoldfastError('ApiProblem', `The answer has ${runs.length} runs for ${entries.length} entries`);
}

/** @throws HoldfastError `InvalidArgument` */
export function tenantHeader(tenant: string | undefined): Record<string, string> {
  return tenant === undefined ? {} : { 'x-holdfast-tenant': tenantId(tenant) };
}

/** @throws HoldfastError `InvalidArgument` for a run of another tenant, of which an id alone tells nothing */
function idsOf(refs: readonly RunRef[], tenant: string = noTenant): readonly string[] {
  return refs.map((ref, index) => {
    if (typeof ref === 'string') return ref;
    if (ref.tenant === tenant) return ref.id;
    const field = `dependsOn.${index}`;
    throw new HoldfastError('InvalidArgument', `${field} is a run of another tenant`, { field });
  });
}

/** @throws HoldfastError `NotSerializable` for what JSON would change without a word. */
export function checkCarried(value: unknown, field: string): void {
  serialize(value, field);
  checkItems(value, field);
}

function checkItems(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value) && value.includes(undefined)) {
    const field = `${path}.${value.indexOf(undefined)}`;
    throw new HoldfastError('NotSerializable', `${field} is undefined, which JSON would turn into null`, {
      field,
    });
  }
  for (const [key, inner] of Object.entries(value)) checkItems(inner, `${path}.${key}`);
}
