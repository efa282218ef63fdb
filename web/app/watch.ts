import { useSignal } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';
import type { Run } from '../../lib/client/index.ts';
import { client } from './api.ts';
import { asHoldfastError, type Loaded } from './resource.ts';

const againMs = 3_000;

/** A run as it is, and as it changes, while somebody looks. */
export function useRun(id: string, tenant: string | undefined): Loaded<Run> {
  const state = useSignal<Loaded<Run>>({});
  useLayoutEffect(() => {
    state.value = {};
    let leaving = new AbortController();
    const whose = tenant === undefined ? {} : { tenant };
    const follow = async ({ signal }: AbortController) => {
      while (!signal.aborted) {
        try {
          for await (const run of client.watch(id, { ...whose, signal })) state.value = { data: run };
          // Of one that had ended before there may be no more to tell.
          if (!state.value.data) state.value = { data: await client.get(id, whose) };
          return;
        } catch (thrown) {
          if (signal.aborted) return;
          const error = asHoldfastError(thrown);
          state.value = { ...state.value, error };
          if (error.code === 'NotFound' || error.code === 'InvalidArgument') return;
        }
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    };
    const look = () => {
      if (document.hidden) return leaving.abort();
      if (!leaving.signal.aborted) return;
      leaving = new AbortController();
      void follow(leaving);
    };
    void follow(leaving);
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      leaving.abort();
    };
  }, [id, tenant, state]);
  return state.value;
}
