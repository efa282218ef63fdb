import { basename, dirname } from 'node:path';
import { expect, it } from 'vitest';
import { Unavailable } from '../../bench/figure.ts';
import { findProgram } from '../../bench/servers/program.ts';

it('finds a program in one of the places', async () => {
  const own = process.execPath;
  expect(basename(await findProgram(basename(own), 'nodejs', [dirname(own)]))).toBe(basename(own));
});

it('says how to install what is not there', async () => {
  const finding = findProgram('no-such-server', 'redis-server');
  await expect(finding).rejects.toThrow(
    new Unavailable('no-such-server not installed (apt-get install redis-server)'),
  );
});
