import { expect, it } from 'vitest';
import { runCli } from '../../lib/cli/program.ts';
import { systemClock } from '../../lib/compose/system.ts';

it('says which Node it needs, instead of failing at what an old one lacks', async () => {
  const said = { out: '', err: '' };
  const code = await runCli(['dev'], {
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    env: {},
    color: { out: false, err: false },
    clock: systemClock,
    nodeVersion: 'v20.20.2',
    readStdin: async () => '',
    readFile: async () => '',
  });
  expect([code, said.out]).toEqual([2, '']);
  expect(said.err).toContain('NodeTooOld: Holdfast needs Node 24 or newer, and this is v20.20.2');
});
