import { effect, signal } from '@preact/signals';

export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'holdfast-theme';

function stored(): Theme {
  const value = localStorage.getItem(key);
  return themes.find((each) => each === value) ?? 'auto';
}

/** `auto` is as the system is. */
export const theme = signal<Theme>(stored());

effect(() => {
  localStorage.setItem(key, theme.value);
  document.documentElement.dataset.theme = theme.value;
});
