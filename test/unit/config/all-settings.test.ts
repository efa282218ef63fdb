import { describe, expect, it } from 'vitest';
import {
  listOf,
  readSettings,
  type SettingName,
  settingFaults,
  settingTable,
  settingVariable,
} from '../../../lib/config/settings.ts';
import { parseDuration } from '../../../lib/model/duration.ts';

const settings = Object.entries(settingTable).map(([name, setting]) => ({
  name: name as SettingName,
  setting,
}));
type Setting = (typeof settings)[number]['setting'];

/** Two that a list may hold. */
const namesFor = ({ pattern }: { readonly pattern: RegExp }) =>
  pattern.test('one') ? (['one', 'two'] as const) : (['10.0.0.0/8', '::1'] as const);

/** Values at both ends of what a setting takes. */
function within(setting: Setting): readonly (string | number)[] {
  if ('choices' in setting) return setting.choices;
  if ('min' in setting) return [setting.min, setting.max];
  const [one, two] = namesFor(setting);
  return [one, `${one},${two}`];
}

/** Values of the right kind that it does not take, and values of another kind. */
function outside(setting: Setting): readonly string[] {
  if ('choices' in setting) return ['', ...setting.choices].map((word) => `${word}x`);
  if (!('min' in setting)) return ['../up', 'two words'];
  if (setting.is === 'count') {
    return [String(setting.min - 1), String(setting.max + 1), '1.5', '1e1', 'many', '0x10', ' 5'];
  }
  const [min, max] = [parseDuration(setting.min, ''), parseDuration(setting.max, '')];
  const below = min === 0 ? [] : [`${min - 1}ms`];
  return [...below, `${max + 1}ms`, String(min), '-1s', 'soon', 'NaNms', '1e3ms'];
}

/** What its message must say of what it takes. */
function range(setting: Setting): string {
  if ('choices' in setting) return listOf(setting.choices);
  return 'min' in setting ? `from ${setting.min} to ${setting.max}` : 'names of ';
}

/** A value as code gives it. */
const given = (setting: Setting) =>
  'choices' in setting || 'min' in setting ? within(setting)[0] : [namesFor(setting)[0]];

describe.each(settings)('$name', ({ name, setting }) => {
  const variable = settingVariable(name);

  it('has a default that it takes, from the environment and from the code too', () => {
    const byDefault = readSettings({})[name];
    expect(readSettings({ [variable]: '' })[name]).toEqual(byDefault);
    // No names at all are no list that could be given.
    if (String(setting.fallback) === '') return;
    expect(readSettings({ [variable]: String(setting.fallback) })[name]).toEqual(byDefault);
    expect(readSettings({}, { [name]: setting.fallback })[name]).toEqual(byDefault);
  });

  it('takes both ends of its range, the code before the environment', () => {
    const [first = '', last = ''] = [within(setting)[0], within(setting).at(-1)];
    const [low, high] = [first, last].map((value) => readSettings({ [variable]: String(value) })[name]);
    expect(low).not.toEqual(high);
    expect(readSettings({ [variable]: String(last) }, { [name]: given(setting) })[name]).toEqual(low);
  });

  it.each(outside(setting))('refuses %j with its name and range', (value) => {
    const refusal = expect.objectContaining({
      code: 'InvalidSetting',
      field: variable,
      message: expect.stringContaining(`${variable} must be `),
    });
    expect(() => readSettings({ [variable]: value })).toThrow(refusal);
    expect(() => readSettings({ [variable]: value })).toThrow(range(setting));
    expect(() => readSettings({ [variable]: value })).toThrow(JSON.stringify(value));
    // What the code overrides is not used.
    expect(readSettings({ [variable]: value }, { [name]: given(setting) })).toBeDefined();
  });

  it.each([null, true, {}, [5], Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %j from the code',
    (value) => {
      expect(() => readSettings({}, { [name]: value })).toThrow(
        expect.objectContaining({
          code: 'InvalidSetting',
          field: name,
          message: expect.stringContaining(range(setting)),
        }),
      );
    },
  );
});

it('refuses a name in code that no setting has', () => {
  expect(() => readSettings({}, { maxAttempt: 5 } as never)).toThrow(
    expect.objectContaining({
      code: 'InvalidSetting',
      field: 'maxAttempt',
      message: expect.stringContaining('maxAttempts'),
    }),
  );
});

it('tells all that is wrong in an environment, each by itself', () => {
  const env = {
    HOLDFAST_LEASE: '1',
    HOLDFAST_MAX_ATTEMPTS: 'x',
    HOLDFAST_BACKOFF: '2s',
    HOLDFAST_HEARTBEAT: '',
  };
  expect(settingFaults(env).map(({ field }) => field)).toEqual(['HOLDFAST_LEASE', 'HOLDFAST_MAX_ATTEMPTS']);
  expect(settingFaults({})).toEqual([]);
});
