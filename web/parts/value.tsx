import { useSignal } from '@preact/signals';
import { announce } from '../app/announce.ts';
import { bytes, jsonText } from '../app/format.ts';

const charactersShown = 3_000;

interface ValueProps {
  readonly label: string;
  readonly value: unknown;
  /** Of a value that is too large to be shown. */
  readonly size?: number | undefined;
  /** It lay apart, and is gone or changed. */
  readonly isLost?: boolean | undefined;
  /** A heading says already what it is. */
  readonly isTitled?: boolean;
}

/** A value of a run as text, never as markup; a long one in part until all of it is asked for. */
export function Value({ label, value, size, isLost, isTitled = false }: ValueProps) {
  const isWhole = useSignal(false);
  if (size !== undefined)
    return (
      <figure class="value">
        <figcaption>{label}</figcaption>
        <p class="empty">
          {bytes(size)}:{' '}
          {isLost ? 'it lay apart from the run, and is gone or changed.' : 'too large to be shown here.'}
        </p>
      </figure>
    );
  const text = jsonText(value);
  const isLong = text.length > charactersShown;
  const copy = async () => {
    await navigator.clipboard.writeText(JSON.stringify(value, null, 2) ?? '');
    announce(`${label} copied`);
  };
  return (
    <figure class="value">
      <figcaption>
        <span class={isTitled ? 'unseen' : undefined}>{label}</span>
        <button type="button" class="quiet" onClick={copy}>
          Copy<span class="unseen"> {label}</span>
        </button>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <pre dir="auto" tabIndex={0}>
        {isLong && !isWhole.value ? `${text.slice(0, charactersShown)}…` : text}
      </pre>
      {isLong && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            isWhole.value = !isWhole.value;
          }}
        >
          {isWhole.value ? 'Show less' : `Show all ${bytes(text.length)}`}
        </button>
      )}
    </figure>
  );
}
