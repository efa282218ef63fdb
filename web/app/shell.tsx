import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { DefinitionPage, DefinitionsPage } from '../pages/definitions.tsx';
import { OverviewPage } from '../pages/overview.tsx';
import { RunPage } from '../pages/run.tsx';
import { RunsPage } from '../pages/runs.tsx';
import { WorkersPage } from '../pages/workers.tsx';
import { SubmitDialog } from '../parts/submit-dialog.tsx';
import { TokenDialog } from '../parts/token-dialog.tsx';
import { announcement } from './announce.ts';
import { connection, refused } from './api.ts';
import { visible } from './format.ts';
import { adjust, go, linkTo, place, route, tenant } from './place.ts';
import type { Route } from './router.ts';
import { theme, themes } from './theme.ts';

const pages = [
  { name: 'Overview', to: { page: 'overview' } },
  { name: 'Runs', to: { page: 'runs', filter: {} } },
  { name: 'Workers', to: { page: 'workers' } },
  { name: 'Definitions', to: { page: 'definitions' } },
] as const satisfies readonly { readonly name: string; readonly to: Route }[];

/** The entry of the navigation that a page belongs to. */
function areaOf({ page }: Route): (typeof pages)[number] | undefined {
  const area = page === 'run' ? 'runs' : page === 'definition' ? 'definitions' : page;
  return pages.find(({ to }) => to.page === area);
}

const titleOf = (shown: Route): string =>
  'id' in shown ? `${visible(shown.id)} – Holdfast` : `${areaOf(shown)?.name ?? 'Nothing here'} – Holdfast`;

export function Shell() {
  const shown = route.value;
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const where = 'id' in shown ? `${shown.page} ${shown.id}` : shown.page;
  // Only another page takes the focus.
  useEffect(() => {
    document.title = titleOf(shown);
    // Whoever does not see the page hears where they are.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [where]);
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        To the content
      </button>
      <Sidebar />
      <main ref={main} tabIndex={-1}>
        {!('id' in shown) && <h1>{areaOf(shown)?.name ?? 'There is no such page'}</h1>}
        <Page shown={shown} />
      </main>
      <div class="toast" role="status" aria-live="polite">
        {announcement.value}
      </div>
      {refused.value !== undefined && <TokenDialog />}
    </div>
  );
}

function Page({ shown }: { readonly shown: Route }) {
  switch (shown.page) {
    case 'overview':
      return <OverviewPage />;
    case 'runs':
      return <RunsPage filter={shown.filter} />;
    case 'run':
      return <RunPage key={shown.id} id={shown.id} node={shown.node} />;
    case 'workers':
      return <WorkersPage />;
    case 'definitions':
      return <DefinitionsPage />;
    case 'definition':
      return <DefinitionPage key={shown.id} id={shown.id} />;
    case 'unknown':
      return (
        <p>
          <a href={linkTo({ page: 'overview' })}>To the overview</a>
        </p>
      );
  }
}

function Sidebar() {
  const isSubmitting = useSignal(false);
  const area = areaOf(route.value);
  // What was begun on another page is not done on this one.
  useEffect(() => {
    isSubmitting.value = false;
  }, [route.value, isSubmitting]);
  return (
    <header class="side">
      <a class="brand" href={linkTo({ page: 'overview' })}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M16 7v18M9 16c0 5 3 8 7 9 4-1 7-4 7-9M12 11h8" />
        </svg>
        Holdfast
      </a>
      <nav aria-label="Pages">
        {pages.map((each) => (
          <a key={each.name} href={linkTo(each.to)} aria-current={each === area ? 'page' : undefined}>
            {each.name}
          </a>
        ))}
      </nav>
      <button
        type="button"
        class="primary"
        onClick={() => {
          isSubmitting.value = true;
        }}
      >
        Submit…
      </button>
      <FindRun />
      <div class="side-end">
        <TenantField />
        <ThemeSwitch />
        <p class={`connection is-${connection.value}`} role="status">
          {{ connecting: 'connecting…', live: 'live', lost: 'the API does not answer' }[connection.value]}
        </p>
      </div>
      {isSubmitting.value && (
        <SubmitDialog
          onClose={() => {
            isSubmitting.value = false;
          }}
        />
      )}
    </header>
  );
}

function FindRun() {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const id = String(new FormData(event.currentTarget).get('id') ?? '').trim();
    if (id !== '') go({ page: 'run', id });
  };
  return (
    <form class="find" onSubmit={submit}>
      <input name="id" aria-label="Show the run with this id" placeholder="Run id" autocomplete="off" />
    </form>
  );
}

function TenantField() {
  return (
    <label class="small">
      Tenant
      <input
        value={tenant.value ?? ''}
        placeholder="none"
        onChange={({ currentTarget: { value } }) => {
          const named = value.trim();
          adjust({ route: place.value.route, ...(named !== '' && { tenant: named }) });
        }}
      />
    </label>
  );
}

function ThemeSwitch() {
  return (
    <fieldset class="theme">
      <legend class="unseen">Colours</legend>
      {themes.map((each) => (
        <label key={each} class={theme.value === each ? 'is-on' : undefined}>
          <input
            type="radio"
            name="theme"
            class="unseen"
            checked={theme.value === each}
            onChange={() => {
              theme.value = each;
            }}
          />
          {each}
        </label>
      ))}
    </fieldset>
  );
}
