import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useCallback, useLayoutEffect, useRef } from 'preact/hooks';
import { HoldfastError } from '../../lib/client/index.ts';

/** What is loaded of the API, as far as it is known. */
export interface Loaded<T> {
  readonly data?: T;
  /** Of the last try; `data` is then what was known before. */
  readonly error?: HoldfastError;
}

export interface Resource<T> {
  readonly state: ReadonlySignal<Loaded<T>>;
  /** Asks again, now. */
  readonly reload: () => Promise<void>;
}

/** Whatever was thrown as what people are shown. */
export const asHoldfastError = (thrown: unknown): HoldfastError =>
  thrown instanceof HoldfastError
    ? thrown
    : new HoldfastError('InternalError', thrown instanceof Error ? thrown.message : String(thrown), {
        hint: 'Reload the page; if it happens again, it is a mistake of this page.',
      });

/**
 * Loads when the component appears, when the key changes, and again after each pause while the page is looked at.
 *
 * @param key says of what: what was known of another is forgotten. Undefined where it is not to be loaded yet
 */
export function useResource<T>(
  load: () => Promise<T>,
  key: string | undefined,
  everyMs?: number,
): Resource<T> {
  const state = useSignal<Loaded<T>>({});
  const current = useRef({ load, key });
  current.current = { load, key };
  const reload = useCallback(async () => {
    const asked = current.current.key;
    try {
      const data = await current.current.load();
      if (asked === current.current.key) state.value = { data };
    } catch (thrown) {
      if (asked === current.current.key) state.value = { ...state.value, error: asHoldfastError(thrown) };
    }
  }, [state]);
  // The key stands for what is loaded. It is asked for before the page is painted, which may take longer than the answer.
  useLayoutEffect(() => {
    state.value = {};
    if (key === undefined) return;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const turn = async () => {
      if (!document.hidden || state.value.data === undefined) await reload();
      if (!isOver && everyMs !== undefined) timer = setTimeout(turn, everyMs);
    };
    void turn();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [key, everyMs, reload]);
  return { state, reload };
}
