import type { CostPart, Run, RunCost } from '../../lib/client/index.ts';
import { client } from '../app/api.ts';
import { count } from '../app/format.ts';
import { inTenant } from '../app/place.ts';
import { useResource } from '../app/resource.ts';
import { numberColumn, textColumn } from './column-heads.tsx';
import { ErrorNote } from './error-note.tsx';
import { LongTable } from './long-table.tsx';
import { Card, Fact, Words } from './text.tsx';

/** What a run has cost so far, and which of its nodes. */
export function CostCard({ run, progress }: { readonly run: Run; readonly progress: string }) {
  const { data, error } = useResource(() => client.cost(run.id, inTenant()), `${run.id} ${progress}`).state
    .value;
  return (
    <Card
      title="Cost"
      aside={data && <span class="hint">{`list prices of ${data.region}, ${data.pricesAsOf}`}</span>}
    >
      <ErrorNote error={error} />
      {data && <Costs cost={data} />}
    </Card>
  );
}

const columns = [
  textColumn('Part'),
  numberColumn('Cost'),
  numberColumn('Writes'),
  numberColumn('Reads'),
  numberColumn('Messages'),
];

function Costs({ cost }: { readonly cost: RunCost }) {
  const { byService, dollars: all, final, parts } = cost;
  return (
    <>
      <dl class="facts">
        <Fact name={final ? 'In all' : 'So far'}>{dollars(all)}</Fact>
        <Fact name="A million of them">{`$${(all * 1e6).toFixed(2)}`}</Fact>
        {Object.entries(byService).map(([service, each]) => (
          <Fact key={service} name={service}>
            {each > 0 && dollars(each)}
          </Fact>
        ))}
      </dl>
      <LongTable
        label="Cost of each part"
        columns={columns}
        rows={parts}
        rowHeight={34}
        heightMax={300}
        row={(part) => <PartRow key={part.node ?? ''} part={part} />}
      />
    </>
  );
}

function PartRow({ part: { dollars: each, node, usage } }: { readonly part: CostPart }) {
  return (
    <tr class="is-low">
      <th scope="row">{node === undefined ? 'submission' : <Words text={node} />}</th>
      <td class="number">{dollars(each)}</td>
      <td class="number">{count(usage.writes)}</td>
      <td class="number">{count(usage.reads)}</td>
      <td class="number">{usage.sqsRequests.toFixed(1)}</td>
    </tr>
  );
}

/** With two digits that say something: most runs cost a millionth of a dollar. */
function dollars(value: number): string {
  if (value === 0) return '$0';
  return `$${value.toFixed(Math.min(12, Math.max(2, 1 - Math.floor(Math.log10(value)))))}`;
}
