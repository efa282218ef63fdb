import { defineTask } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { nearestName } from '../../../lib/client/nearest.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

describe('the nearest name', () => {
  const known = ['resize-image', 'resize-images', 'echo', 'Order'];

  it.each([
    ['resize-iamge', 'resize-image'],
    ['rezise-image', 'resize-image'],
    ['resize-imagess', 'resize-images'],
    ['ecoh', 'echo'],
    ['eco', 'echo'],
    ['order', 'Order'],
    ['ORDER', 'Order'],
    ['resizeimage', 'resize-image'],
    ['sleep', undefined],
    ['e', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ])('to %s is %s', (given, name) => {
    expect(nearestName(given, known)).toBe(name);
  });

  it('is none where none is known', () => {
    expect(nearestName('echo', [])).toBeUndefined();
  });
});

it('a client says what may have been meant', async () => {
  const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });
  const { client } = new VirtualSystem({ echo });
  await expect(client.submitByName('ecco', 1)).rejects.toMatchObject({
    code: 'UnknownTask',
    hint: 'Did you mean echo? Registered: echo.',
  });
  await expect(client.submitByName('sleep', 1)).rejects.toMatchObject({ hint: 'Registered: echo.' });
  await expect(client.definition('ehco')).rejects.toMatchObject({
    code: 'NotFound',
    hint: expect.stringMatching(/^Did you mean echo\? GET \/definitions/),
  });
});
