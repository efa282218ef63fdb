import type { HoldfastError } from '../../lib/client/index.ts';
import { Words } from './text.tsx';

/** What went wrong, and what to do about it. */
export function ErrorNote({ error }: { readonly error: HoldfastError | undefined }) {
  if (!error) return null;
  return (
    <div class="note is-error" role="alert">
      <strong>{error.code}</strong>
      <p>
        <Words text={error.message} />
      </p>
      {error.hint !== '' && (
        <p class="hint">
          <Words text={error.hint} />
        </p>
      )}
    </div>
  );
}
