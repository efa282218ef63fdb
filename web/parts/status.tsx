import type { RunStatus } from '../../lib/model/run.ts';

/** In a box of 16 by 16: states differ by their sign as by their colour. */
export const signs: Record<RunStatus, string> = {
  ready: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z',
  waiting: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.2l2.2 1.6',
  running: 'M5 3.5l7.5 4.5L5 12.5z',
  paused: 'M5.5 3.5v9M10.5 3.5v9',
  succeeded: 'M3 8.5l3.4 3.4L13 5',
  failed: 'M4 4l8 8M12 4l-8 8',
  cancelled: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM4.2 4.2l7.6 7.6',
  skipped: 'M3 4l5 4-5 4zM9 4v8M12.5 4v8',
};

export function Sign({ status }: { readonly status: RunStatus }) {
  return (
    <svg class="sign" viewBox="0 0 16 16" aria-hidden="true">
      <path d={signs[status]} />
    </svg>
  );
}

export function Status({ status, of }: { readonly status: RunStatus; readonly of?: string }) {
  return (
    <span class={`status is-${status}`} title={of}>
      <Sign status={status} />
      {status}
    </span>
  );
}
