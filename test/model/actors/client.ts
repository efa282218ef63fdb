import { finaliseCancel, isQuiet, requestCancel } from '../../../lib/protocol/cancel.ts';
import { isResubmission, submit } from '../../../lib/protocol/submit.ts';
import { runName } from '../scenario.ts';
import { type Client, replace, type State, type Step } from '../state.ts';
import { answers } from '../write.ts';
import { type Rules, request, ring, spend } from './requests.ts';

/** What a submitter or canceller can do next. */
export function* clientSteps(state: State, index: number, rules: Rules): Generator<Step> {
  const client = state.clients[index];
  const become = (next: State, now: Client): State => ({
    ...next,
    clients: replace(next.clients, index, now),
  });
  const step = (label: string, next: State, fault = false, broken: readonly string[] = []): Step => ({
    label: `client ${index} ${label}`,
    next,
    fault,
    broken,
  });
  switch (client?.at) {
    case 'submit':
      yield* submitting(state, client, rules, become, step);
      return;
    case 'cancel': {
      const stored = state.runs[client.run];
      if (!stored) return;
      const key = { tenant: stored.tenant, run: runName(client.run) };
      const write = request(
        rules,
        client.run,
        requestCancel(key, { mode: index % 2 === 0 ? 'graceful' : 'abort' }, state.now),
      );
      yield step('asks to cancel', become(state, { at: 'request', write }), true);
      return;
    }
    case 'request':
      for (const { how, fault, written } of answers(state, client.write)) {
        const { applied, run } = written;
        const quiet = applied && run && isQuiet(rules.mutation?.seen?.(run) ?? run, state.now);
        const next: Client = quiet
          ? { at: 'finalise', write: request(rules, client.write.run, finaliseCancel(run, state.now, 1)) }
          : { at: 'done' };
        yield step(`cancel: ${how}`, become(written.state, next), fault, written.broken);
      }
      return;
    case 'finalise':
      for (const { how, fault, written } of answers(state, client.write)) {
        yield step(`finaliseCancel: ${how}`, become(written.state, { at: 'done' }), fault, written.broken);
      }
  }
}

function* submitting(
  state: State,
  { run, submission }: Extract<Client, { at: 'submit' }>,
  rules: Rules,
  become: (next: State, now: Client) => State,
  step: (label: string, next: State, fault?: boolean, broken?: readonly string[]) => Step,
): Generator<Step> {
  const existing = state.runs[run];
  if (existing) {
    const accepted =
      rules.mutation?.slip === 'resubmission unchecked' || isResubmission(existing, submission);
    const same =
      existing.input === submission.input ||
      JSON.stringify(existing.input) === JSON.stringify(submission.input);
    const broken = accepted === same ? [] : ['I10: one key stands for two submissions'];
    yield step(accepted ? 'finds its run' : 'is refused', become(state, { at: 'done' }), false, broken);
    return;
  }
  const { creation, dispatches } = submit(submission, state.now);
  const created = { ...state, runs: replace(state.runs, run, creation.run) };
  yield step(`submits ${submission.run}`, become(ring(created, dispatches, rules), { at: 'done' }));
  // Sent again after a lost response it finds its own run, and rings no bell.
  if (state.budget.lostResponses > 0)
    yield step(
      'submits, response lost',
      become(spend(created, 'lostResponses'), client(run, submission)),
      true,
    );
}

const client = (run: number, submission: Extract<Client, { at: 'submit' }>['submission']): Client => ({
  at: 'submit',
  run,
  submission,
});
