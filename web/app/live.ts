import { computed, effect, signal } from '@preact/signals';
import type { Run } from '../../lib/client/index.ts';
import { client, connection } from './api.ts';
import { EndedRuns } from './ended-runs.ts';
import { route, tenant } from './place.ts';
import { asHoldfastError } from './resource.ts';

/*
 * The stream of all changes, while somebody looks: a hidden page keeps no connection, and hears what ended meanwhile when
 * it is shown again. A page of one run has a stream of its own.
 */

const againMs = 3_000;
/** From where the stream goes on, and of which tenant that is. */
let cursor: string | undefined;
let cursorTenant: string | undefined;
const listeners = new Set<(runs: readonly Run[]) => void>();

/** What ended while the page was open. */
export const endedRuns = new EndedRuns();
/** Rises when something has changed. */
export const changes = signal(0);
/** Of a page that was hidden for longer it is not told any more what ended meanwhile: it might be a day's runs. */
const hiddenMsMax = 600_000;
let hiddenSince = 0;
const isShown = signal(!document.hidden);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) hiddenSince = Date.now();
  else if (Date.now() - hiddenSince > hiddenMsMax) cursor = undefined;
  isShown.value = !document.hidden;
});

/** Is told of changed runs, those of a moment together, until the function that comes back is called. */
export function onChanges(listener: (runs: readonly Run[]) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let pending: Run[] = [];

export function startLive(): void {
  // What the page shows first is asked for before what changes.
  const isWanted = computed(
    () => isShown.value && route.value.page !== 'run' && connection.value !== 'connecting',
  );
  effect(() => {
    const whose = tenant.value;
    if (!isWanted.value) return;
    if (cursorTenant !== whose) {
      cursor = undefined;
      cursorTenant = whose;
      endedRuns.clear();
    }
    const leaving = new AbortController();
    void follow(whose, leaving.signal);
    return () => leaving.abort();
  });
}

async function follow(whose: string | undefined, ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    try {
      const events = client.events({
        signal: ending,
        onCursor: (reached) => {
          cursor = reached;
        },
        ...(whose !== undefined && { tenant: whose }),
        ...(cursor !== undefined && { cursor }),
      });
      for await (const event of events) {
        cursor = event.cursor;
        tell(event.run);
      }
    } catch (thrown) {
      // What shows the connection knows already.
      if (asHoldfastError(thrown).code === 'InvalidArgument') cursor = undefined;
    }
    if (!ending.aborted) await new Promise((resolve) => setTimeout(resolve, againMs));
  }
}

/** Thousands may come at once: the page is drawn once for all of a moment. */
function tell(run: Run): void {
  endedRuns.add(run);
  pending.push(run);
  if (pending.length > 1) return;
  setTimeout(() => {
    const told = pending;
    pending = [];
    changes.value += 1;
    for (const listener of listeners) listener(told);
  }, 150);
}
