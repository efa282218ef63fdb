/** A piece of an SVG. */
export type Svg = string;

/** A length or a place to a tenth: what is finer nobody sees. */
const short = (value: number): string => String(Math.round(value * 10) / 10);

const escaped = (text: string): string => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

type Class = 'title' | 'label' | 'value' | 'own' | 'other' | 'axis' | 'aim' | 'faint';

export const text = (
  [x, y]: readonly [number, number],
  of: Class,
  words: string,
  anchor: 'start' | 'middle' | 'end' = 'start',
): Svg =>
  `<text x="${short(x)}" y="${short(y)}" class="${of}" text-anchor="${anchor}">${escaped(words)}</text>`;

export const line = (
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  of: Class,
): Svg => `<line x1="${short(x1)}" y1="${short(y1)}" x2="${short(x2)}" y2="${short(y2)}" class="${of}"/>`;

export const dot = ([x, y]: readonly [number, number], of: Class): Svg =>
  `<circle cx="${short(x)}" cy="${short(y)}" r="4.5" class="${of}"/>`;

export const path = (points: readonly (readonly [number, number])[], of: Class): Svg =>
  `<polyline points="${points.map(([x, y]) => `${short(x)},${short(y)}`).join(' ')}" class="${of}"/>`;

export const moved = (x: number, y: number, inner: readonly Svg[]): Svg =>
  `<g transform="translate(${short(x)} ${short(y)})">${inner.join('')}</g>`;

/** Follows the reader's light or dark. */
const style = `
svg{font:13px system-ui,sans-serif;--ink:#1f2328;--soft:#59636e;--rule:#d1d9e0;--own:#0969da;--other:#818b98;--aim:#1a7f37;background:#fff}
@media(prefers-color-scheme:dark){svg{--ink:#f0f6fc;--soft:#9198a1;--rule:#3d444d;--own:#4493f8;--other:#818b98;--aim:#3fb950;background:#0d1117}}
text{fill:var(--ink)}text.title{font-weight:600;font-size:15px}text.value,text.faint{fill:var(--soft);font-size:12px}text.own{fill:var(--own);font-weight:600}text.aim{fill:var(--aim);font-size:12px}
circle.own{fill:var(--own)}circle.other{fill:var(--other)}line.own,polyline.own{stroke:var(--own);stroke-width:2;fill:none}line.other,polyline.other{stroke:var(--other);stroke-width:2;fill:none}
line.axis{stroke:var(--rule)}line.aim,polyline.aim{stroke:var(--aim);stroke-dasharray:4 3;fill:none}`;

export const document = (width: number, height: number, title: string, inner: readonly Svg[]): Svg =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${short(width)} ${short(height)}" width="${short(width)}" height="${short(height)}" role="img"><title>${escaped(title)}</title><style>${style}</style>${inner.join('\n')}</svg>\n`;
