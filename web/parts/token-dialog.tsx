import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { isRefused, keepToken } from '../app/api.ts';
import { Dialog } from './dialog.tsx';

/** Where a gateway in front of the API wants a token. It is kept until this tab is closed, and sent in a header only. */
export function TokenDialog() {
  const id = useId();
  const text = useSignal('');
  const act = async () => {
    keepToken(text.value.trim());
    location.reload();
  };
  return (
    <Dialog
      title="The API asks who you are"
      action="Go on"
      onAction={act}
      onClose={() => {
        isRefused.value = false;
      }}
    >
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
        <span class="hint">Without “Bearer”. It is forgotten when this tab is closed.</span>
      </p>
    </Dialog>
  );
}
