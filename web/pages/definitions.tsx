import { useSignal } from '@preact/signals';
import { client } from '../app/api.ts';
import { linkTo } from '../app/place.ts';
import { useResource } from '../app/resource.ts';
import { ErrorNote } from '../parts/error-note.tsx';
import { GraphView } from '../parts/graph-view.tsx';
import { SubmitDialog } from '../parts/submit-dialog.tsx';
import { Card, Empty, Fact, Words } from '../parts/text.tsx';

export function DefinitionsPage() {
  const { data, error } = useResource(() => client.definitions(), '').state.value;
  return (
    <Card title="What can be submitted">
      <ErrorNote error={error} />
      {data?.length === 0 && <Empty>Nothing is registered here.</Empty>}
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Kind</th>
            <th scope="col">Version</th>
            <th scope="col">Hash</th>
            <th scope="col">Runs</th>
          </tr>
        </thead>
        <tbody>
          {data?.map(({ hash, kind, name, version }) => (
            <tr key={hash + name}>
              <th scope="row">
                <a href={linkTo({ page: 'definition', id: hash })}>
                  <Words text={name} />
                </a>
              </th>
              <td>{kind}</td>
              <td>{version ?? ''}</td>
              <td class="id">{hash}</td>
              <td>
                <a href={linkTo({ page: 'runs', filter: { name } })}>
                  Runs<span class="unseen"> of {name}</span>
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

export function DefinitionPage({ id }: { readonly id: string }) {
  const { data, error } = useResource(() => client.definition(id), id).state.value;
  const isSubmitting = useSignal(false);
  return (
    <>
      <header class="run-head">
        <div>
          <h1>
            <Words text={data?.name ?? id} />
          </h1>
          <p class="id">{data?.hash}</p>
        </div>
        <div class="actions">
          <button
            type="button"
            class="primary"
            onClick={() => {
              isSubmitting.value = true;
            }}
          >
            Submit…
          </button>
        </div>
      </header>
      <ErrorNote error={error} />
      {data && (
        <>
          <dl class="facts">
            <Fact name="Kind">{data.kind}</Fact>
            <Fact name="Version">{data.version}</Fact>
            <Fact name="Runs">
              <a href={linkTo({ page: 'runs', filter: { name: data.name } })}>All runs of it</a>
            </Fact>
          </dl>
          <Card title="Graph" class="is-graph">
            <GraphView shape={data.shape} />
          </Card>
        </>
      )}
      {isSubmitting.value && data && (
        <SubmitDialog
          name={data.name}
          onClose={() => {
            isSubmitting.value = false;
          }}
        />
      )}
    </>
  );
}
