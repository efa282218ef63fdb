import { signal } from '@preact/signals';

/** What a screen reader says, and a line at the edge of the page shows for a while. */
export const announcement = signal('');

let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string): void {
  announcement.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => {
    announcement.value = '';
  }, 6_000);
}
