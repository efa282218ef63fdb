import { listOf, settingTable, settingVariable } from './settings.ts';

type Setting = (typeof settingTable)[keyof typeof settingTable];

function rangeOf(setting: Setting): string {
  if (setting.is === 'choice') return listOf(setting.choices);
  return setting.is === 'list' ? `${setting.of}, separated by commas` : `${setting.min} to ${setting.max}`;
}

/** The README's list of settings, as a Markdown table. */
export function settingsMarkdown(): string {
  const rows = Object.entries(settingTable).map(
    ([name, setting]) =>
      `| \`${name}\` | \`${settingVariable(name)}\` | ${setting.fallback || '—'} | ${rangeOf(setting)} | ${setting.about} |`,
  );
  return ['| setting | variable | default | range | |', '|---|---|---|---|---|', ...rows].join('\n');
}
