import { settingTable, settingVariable } from './settings.ts';

/** The README's list of settings, as a Markdown table. */
export function settingsMarkdown(): string {
  const rows = Object.entries(settingTable).map(
    ([name, { fallback, min, max, about }]) =>
      `| \`${name}\` | \`${settingVariable(name)}\` | ${fallback} | ${min} to ${max} | ${about} |`,
  );
  return ['| setting | variable | default | range | |', '|---|---|---|---|---|', ...rows].join('\n');
}
