const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A length of time in its two largest units: `340 ms`, `1.24 s`, `3 m 12 s`. */
export function duration(ms: number): string {
  const abs = Math.max(0, ms);
  if (abs < secondMs) return `${Math.round(abs)} ms`;
  if (abs < 10 * secondMs) return `${(abs / secondMs).toFixed(2)} s`;
  if (abs < minuteMs) return `${(abs / secondMs).toFixed(1)} s`;
  if (abs < hourMs) return two(abs, minuteMs, 'm', secondMs, 's');
  return abs < dayMs ? two(abs, hourMs, 'h', minuteMs, 'm') : two(abs, dayMs, 'd', hourMs, 'h');
}

function two(ms: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeUnit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
}

/** How long ago something was, or in how long it will be, roughly. */
export function relative(ms: number, now: number): string {
  const past = now - ms;
  const length = Math.abs(past);
  if (length < 1_500) return 'now';
  const [size, unit] =
    length < minuteMs
      ? [secondMs, 's']
      : length < hourMs
        ? [minuteMs, 'm']
        : length < dayMs
          ? [hourMs, 'h']
          : [dayMs, 'd'];
  const text = `${Math.round(length / (size as number))} ${unit}`;
  return past > 0 ? `${text} ago` : `in ${text}`;
}

/** A time of day, with its day where that is another than today. */
export function clockTime(ms: number, now: number): string {
  const time = new Date(ms);
  const text = time.toLocaleTimeString(undefined, { hour12: false });
  const isToday = time.toDateString() === new Date(now).toDateString();
  return isToday ? text : `${time.toLocaleDateString(undefined, { dateStyle: 'medium' })}, ${text}`;
}

export function count(value: number): string {
  return value.toLocaleString('en').replaceAll(',', '\u202f');
}

export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  return value < 1_000_000 ? `${(value / 1_000).toFixed(1)} KB` : `${(value / 1_000_000).toFixed(1)} MB`;
}

/** Characters that turn the direction of what stands around them, or are not to be seen at all. */
const unseen = /[\p{Cc}\u200b-\u200f\u061c\u2028-\u202e\u2060-\u2069\ufeff]/gu;

const escaped = (character: string) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

/** A text of strangers on one line: what could not be seen in it can. */
export const visible = (text: string): string => text.replaceAll(unseen, escaped);

/** The same of a text with line breaks and tabs, which it keeps. */
export const visibleLines = (text: string): string =>
  text.replaceAll(unseen, (character) => (/[\n\t]/.test(character) ? character : escaped(character)));

/** A value as JSON for people. It stays JSON: what could not be seen in its strings is escaped. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2) ?? 'undefined';
  return text.replaceAll(unseen, (character) => (character === '\n' ? character : escaped(character)));
}
