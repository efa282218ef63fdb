import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { HoldfastError } from '../../lib/client/index.ts';
import { isToken, keepToken, leaveToken, refused } from '../app/api.ts';
import { Dialog } from './dialog.tsx';

/** Where a gateway in front of the API wants a token. It is kept until this tab is closed, and sent in a header only. */
export function TokenDialog() {
  const id = useId();
  const text = useSignal('');
  const act = async () => {
    const given = text.value.trim().replace(/^bearer\s+/i, '');
    if (!isToken(given))
      throw new HoldfastError('InvalidArgument', 'This is no token', {
        hint: 'Paste it as it was issued: letters, digits and . _ ~ + / - only.',
      });
    keepToken(given);
    location.reload();
  };
  return (
    <Dialog title="The API asks who you are" action="Go on" onAction={act} onClose={leaveToken}>
      {refused.value === 'token' && (
        <p class="note is-error">The API refused the token that was given: it may have expired.</p>
      )}
      <p class="field">
        <label for={id}>Token (JWT)</label>
        <input
          id={id}
          type="password"
          autocomplete="off"
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
        <span class="hint">It is forgotten when this tab is closed.</span>
      </p>
    </Dialog>
  );
}
