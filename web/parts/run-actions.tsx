import { type Signal, useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Run } from '../../lib/client/index.ts';
import type { Shape } from '../../lib/model/definition.ts';
import { announce } from '../app/announce.ts';
import { client } from '../app/api.ts';
import { jsonText } from '../app/format.ts';
import { go, inTenant } from '../app/place.ts';
import { failedNode, inputOfNode } from '../app/retry-input.ts';
import { Dialog } from './dialog.tsx';
import { JsonField, parsedJson } from './json-field.tsx';

interface RunActionsProps {
  readonly run: Run;
  readonly shape: Shape | undefined;
}

type Asked = 'cancel' | 'abort' | 'pause' | 'resume' | 'retry';

/** What can be asked of a run as it stands. */
function askable(run: Run): readonly Asked[] {
  if (run.status === 'failed') return ['retry'];
  if ('endedAt' in run) return [];
  if (run.cancel) return run.cancel.mode === 'graceful' ? ['abort'] : [];
  if (run.status === 'paused' || run.pause) return ['resume', 'cancel'];
  return ['pause', 'cancel'];
}

const labels: Record<Asked, string> = {
  cancel: 'Cancel…',
  abort: 'Abort…',
  pause: 'Pause…',
  resume: 'Resume…',
  retry: 'Retry…',
};

export function RunActions({ run, shape }: RunActionsProps) {
  const open = useSignal<Asked | undefined>(undefined);
  const close = () => {
    open.value = undefined;
  };
  const waiting = (run.nodes ?? []).filter(
    ({ signal, status }) => signal && !signal.id && status === 'waiting',
  );
  const [first] = waiting;
  return (
    <div class="actions">
      {first?.signal && <SignalButton run={run} name={first.signal.name} />}
      {askable(run).map((each) => (
        <button
          key={each}
          type="button"
          class={each === 'retry' || each === 'resume' ? 'primary' : ''}
          onClick={() => {
            open.value = each;
          }}
        >
          {labels[each]}
        </button>
      ))}
      {open.value === 'retry' && <RetryDialog run={run} shape={shape} onClose={close} />}
      {open.value !== undefined && open.value !== 'retry' && (
        <SteerDialog run={run} asked={open.value} onClose={close} />
      )}
    </div>
  );
}

const questions: Record<
  Exclude<Asked, 'retry'>,
  { title: string; text: string; action: string; done: string }
> = {
  cancel: {
    title: 'Cancel this run?',
    text: 'Nothing of it is begun any more. It cannot be taken back.',
    action: 'Cancel the run',
    done: 'It is being cancelled',
  },
  abort: {
    title: 'Abort what is at work?',
    text: 'The run is being cancelled, and waits for what is at work. This fires the abort signal.',
    action: 'Abort it',
    done: 'It is being aborted',
  },
  pause: {
    title: 'Pause this run?',
    text: 'What is at work may finish; nothing else is begun until it is resumed.',
    action: 'Pause the run',
    done: 'It is being paused',
  },
  resume: {
    title: 'Resume this run?',
    text: 'It goes on from where it was paused.',
    action: 'Resume the run',
    done: 'It goes on',
  },
};

interface SteerProps {
  readonly run: Run;
  readonly asked: Exclude<Asked, 'retry'>;
  readonly onClose: () => void;
}

function SteerDialog({ run, asked, onClose }: SteerProps) {
  const reason = useSignal('');
  const isAbort = useSignal(false);
  const { action, done, text, title } = questions[asked];
  const act = async () => {
    const why = { ...inTenant(), ...(reason.value.trim() !== '' && { reason: reason.value.trim() }) };
    const mode = asked === 'abort' || isAbort.value ? ('abort' as const) : ('graceful' as const);
    if (asked === 'resume') await client.resume(run.id, why);
    else if (asked === 'pause') await client.pause(run.id, { ...why, mode });
    else await client.cancel(run.id, { ...why, mode });
    announce(done);
    onClose();
  };
  return (
    <Dialog
      title={title}
      action={action}
      isDangerous={asked === 'cancel' || asked === 'abort'}
      onAction={act}
      onClose={onClose}
    >
      <p>{text}</p>
      <TextField label="Reason (optional)" text={reason} />
      {(asked === 'cancel' || asked === 'pause') && (
        <label class="choice">
          <input
            type="checkbox"
            checked={isAbort.value}
            onChange={(event) => {
              isAbort.value = event.currentTarget.checked;
            }}
          />
          Do not wait for what is at work: fire its abort signal
        </label>
      )}
    </Dialog>
  );
}

function TextField({ label, text }: { readonly label: string; readonly text: Signal<string> }) {
  const id = useId();
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
      />
    </p>
  );
}

interface RetryProps extends RunActionsProps {
  readonly onClose: () => void;
}

function RetryDialog({ run, shape, onClose }: RetryProps) {
  const from = failedNode(run);
  const isEdited = useSignal(false);
  const text = useSignal(jsonText(inputOfNode(run, shape) ?? null));
  const act = async () => {
    const input = isEdited.value ? { input: parsedJson(text.value) } : {};
    const retried = await client.retry(run.id, { ...inTenant(), ...input });
    announce('It is tried again, as a new run');
    onClose();
    go({ page: 'run', id: retried.id });
  };
  return (
    <Dialog title="Retry this run?" action="Retry" isWide onAction={act} onClose={onClose}>
      <p>
        A new run goes on from {from === undefined ? 'where this one failed' : <strong>{from}</strong>}; what
        had succeeded is not done again.
      </p>
      <label class="choice">
        <input
          type="checkbox"
          checked={isEdited.value}
          onChange={(event) => {
            isEdited.value = event.currentTarget.checked;
          }}
        />
        With an edited input
      </label>
      {isEdited.value && (
        <JsonField
          label="Input, as JSON"
          text={text.value}
          onText={(value) => {
            text.value = value;
          }}
          {...(from !== undefined && { hint: `What goes into ${from}.` })}
        />
      )}
    </Dialog>
  );
}

/** Sends a signal that is waited for. */
export function SignalButton({ run, name }: { readonly run: Run; readonly name: string }) {
  const isOpen = useSignal(false);
  const text = useSignal('{}');
  const close = () => {
    isOpen.value = false;
  };
  const act = async () => {
    await client.signal(run.id, name, parsedJson(text.value), inTenant());
    announce(`It has the signal ${name}`);
    close();
  };
  return (
    <>
      <button
        type="button"
        class="primary"
        onClick={() => {
          isOpen.value = true;
        }}
      >
        Send {name}…
      </button>
      {isOpen.value && (
        <Dialog title={`Send the signal ${name}`} action="Send" isWide onAction={act} onClose={close}>
          <JsonField
            label="Payload, as JSON"
            text={text.value}
            onText={(value) => {
              text.value = value;
            }}
          />
        </Dialog>
      )}
    </>
  );
}
