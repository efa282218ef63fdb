import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { HoldfastError } from '../../lib/client/index.ts';
import { announce } from '../app/announce.ts';
import { client } from '../app/api.ts';
import { go, inTenant } from '../app/place.ts';
import { useResource } from '../app/resource.ts';
import { Dialog } from './dialog.tsx';
import { JsonField, parsedJson } from './json-field.tsx';

interface SubmitProps {
  /** What is chosen already. */
  readonly name?: string;
  readonly onClose: () => void;
}

/** Submits a task or workflow, and shows its run. */
export function SubmitDialog({ name, onClose }: SubmitProps) {
  const id = useId();
  const { data = [] } = useResource(() => client.definitions(), '').state.value;
  const chosen = useSignal(name);
  const input = useSignal('{}');
  const key = useSignal('');
  const names = [...new Set([...(name === undefined ? [] : [name]), ...data.map((each) => each.name)])];
  const what = chosen.value ?? names[0];
  const act = async () => {
    if (what === undefined)
      throw new HoldfastError('UnknownTask', 'There is nothing to submit here', {
        hint: 'Start the runtime with a tasks module.',
      });
    const run = await client.submitByName(what, parsedJson(input.value), {
      ...inTenant(),
      ...(key.value.trim() !== '' && { idempotencyKey: key.value.trim() }),
    });
    announce(run.created ? 'Submitted' : 'It was submitted before');
    onClose();
    go({ page: 'run', id: run.id });
  };
  return (
    <Dialog title="Submit" action="Submit" isWide onAction={act} onClose={onClose}>
      <p class="field">
        <label for={`${id}-what`}>Task or workflow</label>
        <select
          id={`${id}-what`}
          value={what ?? ''}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
          }}
        >
          {names.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </p>
      <JsonField
        label="Input, as JSON"
        text={input.value}
        onText={(value) => {
          input.value = value;
        }}
      />
      <p class="field">
        <label for={`${id}-key`}>Idempotency key (optional)</label>
        <input
          id={`${id}-key`}
          value={key.value}
          onInput={(event) => {
            key.value = event.currentTarget.value;
          }}
        />
      </p>
    </Dialog>
  );
}
