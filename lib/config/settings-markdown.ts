import { listOf, settingTable, settingVariable } from './settings.ts';

type Setting = (typeof settingTable)[keyof typeof settingTable];

const rangeOf = (setting: Setting): string =>
  setting.is === 'choice' ? listOf(setting.choices) : `${setting.min} to ${setting.max}`;

/** The README's list of settings, as a Markdown table. */
export function settingsMarkdown(): string {
  const rows = Object.entries(settingTable).map(
    ([name, setting]) =>
      `| \`${name}\` | \`${settingVariable(name)}\` | ${setting.fallback} | ${rangeOf(setting)} | ${setting.about} |`,
  );
  return ['| setting | variable | default | range | |', '|---|---|---|---|---|', ...rows].join('\n');
}
