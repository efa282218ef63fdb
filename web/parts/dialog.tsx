import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { HoldfastError } from '../../lib/client/index.ts';
import { asHoldfastError } from '../app/resource.ts';
import { ErrorNote } from './error-note.tsx';

interface DialogProps {
  readonly title: string;
  /** What the button says that does it; without one the dialog can only be closed. */
  readonly action?: string;
  readonly isDangerous?: boolean;
  readonly isWide?: boolean;
  /** Does it; a rejection is shown, and the dialog stays. */
  readonly onAction?: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Asks before something is done. The browser keeps the focus within it, and Escape closes it. */
export function Dialog({ title, action, isDangerous, isWide, onAction, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const error = useSignal<HoldfastError | undefined>(undefined);
  const isBusy = useSignal(false);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!onAction || isBusy.value) return;
    isBusy.value = true;
    error.value = undefined;
    try {
      await onAction();
    } catch (thrown) {
      error.value = asHoldfastError(thrown);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <dialog ref={dialog} class={isWide ? 'is-wide' : undefined} aria-labelledby={titleId} onClose={onClose}>
      <form onSubmit={submit}>
        <h2 id={titleId}>{title}</h2>
        <div class="dialog-body">{children}</div>
        <ErrorNote error={error.value} />
        <footer>
          <button type="button" onClick={() => dialog.current?.close()}>
            {action === undefined ? 'Close' : 'Leave it'}
          </button>
          {action !== undefined && (
            <button type="submit" class={isDangerous ? 'danger' : 'primary'} disabled={isBusy.value}>
              {isBusy.value ? 'Working…' : action}
            </button>
          )}
        </footer>
      </form>
    </dialog>
  );
}
