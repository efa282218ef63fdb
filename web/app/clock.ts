import { signal } from '@preact/signals';

/** Now, to the second, while somebody looks at the page. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);
