import { useSignal } from '@preact/signals';
import type { ManyRuns, RetriedRun, SteeredRun } from '../../lib/client/index.ts';
import { announce } from '../app/announce.ts';
import { client } from '../app/api.ts';
import { count } from '../app/format.ts';
import { inTenant } from '../app/place.ts';
import { asHoldfastError } from '../app/resource.ts';
import type { RunsFilter } from '../app/router.ts';
import { Dialog } from './dialog.tsx';
import { RunLink, Words } from './text.tsx';

type Row = RetriedRun | SteeredRun;
type Verb = 'cancel' | 'pause' | 'resume' | 'retry';

const verbs: Record<Verb, { readonly label: string; readonly done: string }> = {
  cancel: { label: 'Cancel', done: 'are being cancelled' },
  pause: { label: 'Pause', done: 'are being paused' },
  resume: { label: 'Resume', done: 'go on' },
  retry: { label: 'Retry', done: 'are tried again' },
};

/** At most so many in one go: it is done to one after the other. */
const most = 1_000;

/** Which it would be. */
async function ask(verb: Verb, filter: RunsFilter): Promise<ManyRuns<Row>> {
  const dryRun = true;
  const { status, ...rest } = filter;
  const which = { ...rest, ...inTenant(), limit: most };
  const only = status === undefined ? {} : { status };
  switch (verb) {
    case 'cancel':
      return await client.cancelAll({ ...which, ...only }, { dryRun });
    case 'pause':
      return await client.pauseAll({ ...which, ...only }, { dryRun });
    case 'resume':
      return await client.resumeAll({ ...which, ...only }, { dryRun });
    case 'retry':
      return await client.retryAll(which, { dryRun });
  }
}

const atOnce = 4;

/** To those that were shown and no others, whatever else fits by now; in their order, a few at a time. */
async function act(verb: Verb, shown: readonly Row[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const left = shown.entries();
  const work = async () => {
    for (const [index, row] of left) rows[index] = await actOn(verb, row);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return rows;
}

async function actOn(verb: Verb, { id, task }: Row): Promise<Row> {
  try {
    if (verb === 'retry') return { id, task, retry: (await client.retry(id, inTenant())).id };
    const { status } = await client[verb](id, inTenant());
    return { id, task, status };
  } catch (thrown) {
    const { code, message } = asHoldfastError(thrown);
    return { id, task, error: { code, message } };
  }
}

/** What can be asked of runs in a state. */
function verbsFor({ status }: RunsFilter): readonly Verb[] {
  switch (status) {
    case undefined:
      return ['cancel', 'pause', 'resume', 'retry'];
    case 'failed':
      return ['retry'];
    case 'paused':
      return ['resume', 'cancel'];
    case 'ready':
    case 'waiting':
    case 'running':
      return ['cancel', 'pause'];
    default:
      return [];
  }
}

interface BulkDialogProps {
  readonly filter: RunsFilter;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Something for all runs that the filter names: first seen, then done. */
export function BulkDialog({ filter, onClose, onDone }: BulkDialogProps) {
  const open = verbsFor(filter);
  const verb = useSignal<Verb | undefined>(open[0]);
  const dry = useSignal<ManyRuns<Row> | undefined>(undefined);
  const done = useSignal<readonly Row[] | undefined>(undefined);
  const chosen = verb.value;
  if (chosen === undefined)
    return (
      <Dialog title="Change many runs" onClose={onClose}>
        <p>Runs that are {filter.status} have ended: nothing can be asked of them. Choose another state.</p>
      </Dialog>
    );
  const found = dry.value?.runs.length ?? 0;
  const goOn = async () => {
    if (!dry.value) {
      dry.value = await ask(chosen, filter);
      announce(`${dry.value.runs.length} runs fit`);
      return;
    }
    done.value = await act(chosen, dry.value.runs);
    announce(outcome(done.value, verbs[chosen].done));
    onDone();
  };
  const action = dry.value ? `${verbs[chosen].label} ${count(found)} runs` : 'Show which it would be';
  const isOver = done.value !== undefined || (dry.value !== undefined && found === 0);
  return (
    <Dialog
      title="Change many runs"
      isWide
      isDangerous={chosen === 'cancel' && dry.value !== undefined}
      {...(!isOver && { action, onAction: goOn })}
      onClose={onClose}
    >
      <p>
        All runs that fit the filter: <strong>{described(filter)}</strong>.
      </p>
      <fieldset disabled={dry.value !== undefined}>
        <legend>What is asked of them</legend>
        {open.map((each) => (
          <label key={each} class="choice">
            <input type="radio" name="verb" checked={each === chosen} onChange={() => (verb.value = each)} />
            {verbs[each].label}
          </label>
        ))}
      </fieldset>
      {dry.value && !done.value && (
        <p>
          {found === 0
            ? 'No run fits.'
            : `It would be ${count(found)}${dry.value.cursor === undefined ? '' : ', and there are more'}:`}
        </p>
      )}
      {done.value && <p>{outcome(done.value, verbs[chosen].done)}</p>}
      <Rows rows={done.value ?? dry.value?.runs ?? []} />
    </Dialog>
  );
}

function outcome(runs: readonly Row[], done: string): string {
  const refused = runs.filter(({ error }) => error).length;
  return `${count(runs.length - refused)} ${done}${refused === 0 ? '' : `, ${count(refused)} were refused`}.`;
}

const shownMax = 200;

function Rows({ rows }: { readonly rows: readonly Row[] }) {
  if (rows.length === 0) return null;
  return (
    <ul class="rows">
      {rows.slice(0, shownMax).map((row) => (
        <li key={row.id}>
          <Words text={row.task} /> <RunLink id={row.id} />
          {row.error && (
            <span class="message">
              <Words text={`${row.error.code}: ${row.error.message}`} />
            </span>
          )}
        </li>
      ))}
      {rows.length > shownMax && <li>and {count(rows.length - shownMax)} more</li>}
    </ul>
  );
}

function described({ name, since, status, until }: RunsFilter): string {
  const parts = [status, name && `named ${name}`, since && `from ${since} on`, until && `until ${until}`];
  const said = parts.filter((part) => part).join(', ');
  return said === '' ? 'all of them' : said;
}
