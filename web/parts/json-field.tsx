import { useId } from 'preact/hooks';
import { HoldfastError } from '../../lib/client/index.ts';

interface JsonFieldProps {
  readonly label: string;
  readonly text: string;
  readonly hint?: string;
  readonly onText: (text: string) => void;
}

export function JsonField({ label, text, hint, onText }: JsonFieldProps) {
  const id = useId();
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={8}
        spellcheck={false}
        dir="auto"
        value={text}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={(event) => onText(event.currentTarget.value)}
      />
      {hint !== undefined && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </p>
  );
}

/** @throws HoldfastError `MalformedJson` */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HoldfastError('MalformedJson', cause instanceof Error ? cause.message : 'This is no JSON', {
      hint: 'Texts stand in double quotes, also the names of properties; null is nothing.',
      cause,
    });
  }
}
