import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DefinitionHash, NodeId, RunId, TenantId } from '../../../lib/model/ids.ts';
import { messageBody, parseMessage } from '../../../lib/sqs/message-body.ts';

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.~-]{0,127}$/);
const message = fc.record({
  tenant: fc.oneof(fc.constant('-'), id).map((text) => text as TenantId),
  run: id.map((text) => text as RunId),
  node: fc.string({ minLength: 1, maxLength: 100 }).map((text) => text as NodeId),
  hash: id.map((text) => text as DefinitionHash),
  hop: fc.nat(1_000_000),
});
const body = { t: '-', r: 'run', n: 'task', h: 'hash', o: 0 };

describe('message bodies', () => {
  test('come back as they went', () => {
    fc.assert(
      fc.property(message, (given) => {
        expect(parseMessage(messageBody(given))).toEqual({ ok: true, message: given });
      }),
    );
  });

  test('of any other kind are a value, never a throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), (text) => {
        expect(parseMessage(text)).toMatchObject({ ok: false, reason: expect.any(String) });
      }),
    );
  });

  test.each([
    ['empty', ''],
    ['no JSON', '{'],
    ['null', 'null'],
    ['an array', '[]'],
    ['a field missing', JSON.stringify({ ...body, h: undefined })],
    ['a field too many', JSON.stringify({ ...body, x: 1 })],
    ['__proto__', '{"t":"-","r":"run","n":"task","h":"hash","o":0,"__proto__":{}}'],
    ['a wrong type', JSON.stringify({ ...body, o: '0' })],
    ['a negative hop', JSON.stringify({ ...body, o: -1 })],
    ['half a hop', JSON.stringify({ ...body, o: 0.5 })],
    ['an empty id', JSON.stringify({ ...body, r: '' })],
    ['an id with a separator', JSON.stringify({ ...body, r: 'a#b' })],
    ['a tenant with a space', JSON.stringify({ ...body, t: 'a b' })],
    ['a long id', JSON.stringify({ ...body, r: 'r'.repeat(129) })],
    ['a long body', `${JSON.stringify(body)}${' '.repeat(4_096)}`],
  ])('%s is malformed', (_, text) => {
    expect(parseMessage(text).ok).toBe(false);
  });

  test('the reason shows nothing of the body', () => {
    const parsed = parseMessage(JSON.stringify({ ...body, o: 'canary', canary: 'canary' }));
    expect(parsed).toMatchObject({ ok: false });
    expect(JSON.stringify(parsed)).not.toContain('canary');
  });
});
