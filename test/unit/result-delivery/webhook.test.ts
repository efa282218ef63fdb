import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { post, type WebhookOptions } from '../../../lib/result-delivery/webhook.ts';
import { webhookFault } from '../../../lib/result-delivery/webhook-url.ts';
import { startWebhookServer, type WebhookServer } from '../../support/webhook-server.ts';

const secrets = [
  `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
  `whsec_${Buffer.alloc(32, 2).toString('base64')}`,
];
const local: WebhookOptions = { secrets, allow: ['127.0.0.1', '::1/128'] };
const trusted = getCACertificates('default');
let server: WebhookServer;
let base: string;

beforeAll(async () => {
  server = await startWebhookServer(({ url }, response) => {
    if (url === '/moved') response.writeHead(302, { location: '/target' }).end();
    else if (url === '/endless') response.writeHead(200).write('x'.repeat(1_000_000));
    else if (url !== '/hangs') response.writeHead(url === '/broken' ? 500 : 204).end();
  });
  base = server.url;
  setDefaultCACertificates([...trusted, server.certificate]);
});
afterAll(async () => {
  setDefaultCACertificates(trusted);
  await server[Symbol.asyncDispose]();
});

const now = Date.now();
const request = (url: string, signal = new AbortController().signal) => ({
  url,
  id: 'r~to1',
  body: '{"a":"ä"}',
  now,
  signal,
});

describe('a webhook', () => {
  it('is posted with a signature of each secret that its receiver can verify', async () => {
    expect(await post(request(`${base}/hook`), local)).toBe(204);
    const got = server.requests.at(-1);
    expect(got).toMatchObject({ url: '/hook', body: '{"a":"ä"}' });
    for (const secret of secrets)
      expect(new Webhook(secret).verify(got?.body ?? '', got?.headers as never)).toEqual({ a: 'ä' });
    const other = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
    expect(() => new Webhook(other).verify(got?.body ?? '', got?.headers as never)).toThrow();
    expect(() => new Webhook(secrets[0] ?? '').verify('{"a":"b"}', got?.headers as never)).toThrow();
  });

  it('follows no redirect, and takes nothing but 2xx for an answer', async () => {
    const before = server.requests.length;
    await expect(post(request(`${base}/moved`), local)).rejects.toMatchObject({
      code: 'WebhookFailed',
      message: expect.stringContaining('302'),
    });
    await expect(post(request(`${base}/broken`), local)).rejects.toMatchObject({
      code: 'WebhookFailed',
      message: expect.stringContaining('500'),
    });
    expect(server.requests.slice(before).map(({ url }) => url)).toEqual(['/moved', '/broken']);
  });

  it('reads nothing of an endless answer', async () => {
    expect(await post(request(`${base}/endless`), local)).toBe(200);
  });

  it('is given up with its attempt', async () => {
    const attempt = new AbortController();
    const posted = post(request(`${base}/hangs`, attempt.signal), local);
    await expect.poll(() => server.requests.at(-1)?.url).toBe('/hangs');
    attempt.abort();
    await expect(posted).rejects.toMatchObject({
      code: 'WebhookFailed',
      message: expect.stringContaining('out of reach'),
    });
  });

  it('says when no answer comes', async () => {
    const late = vi
      .spyOn(AbortSignal, 'timeout')
      .mockReturnValue(AbortSignal.abort(new DOMException('', 'TimeoutError')));
    await expect(post(request(`${base}/hangs`), local)).rejects.toMatchObject({
      code: 'WebhookFailed',
      message: 'The webhook did not answer within 15 s',
    });
    expect(late).toHaveBeenCalledWith(15_000);
    late.mockRestore();
  });

  it('says when nobody is there', async () => {
    await expect(post(request('https://127.0.0.1:1/'), local)).rejects.toMatchObject({
      code: 'WebhookFailed',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('an address that may not be called is refused before anything is sent', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback, as a number', '2130706433'],
    ['loopback, short', '127.1'],
    ['loopback, in octal', '0177.0.0.1'],
    ['loopback, by its name', 'localhost'],
    ['loopback of IPv6', '[::1]'],
    ['IPv4 within IPv6', '[::ffff:127.0.0.1]'],
    ['IPv4 as IPv6, long given up', '[::127.0.0.1]'],
    ['what nobody has', '[4000::1]'],
    ['NAT64 of loopback', '[64:ff9b::7f00:1]'],
    ['any address', '0.0.0.0'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '192.168.1.1'],
    ['carrier', '100.64.0.1'],
    ['metadata', '169.254.169.254'],
    ['metadata of IPv6', '[fd00:ec2::254]'],
    ['link-local', '[fe80::1]'],
    ['multicast', '224.0.0.1'],
  ])('%s: %s', async (_, host) => {
    const port = new URL(base).port;
    const before = server.requests.length;
    await expect(post(request(`https://${host}:${port}/`), { secrets, allow: [] })).rejects.toMatchObject({
      code: 'WebhookRefused',
    });
    expect(server.requests).toHaveLength(before);
  });
});

describe('an address of IPv6 that is allowed', () => {
  it.each(['::1', '::1/128', '::/64', '0:0:0:0:0:0:0:1'])('by %s is called', async (allowed) => {
    // Nobody listens there; that it was tried is enough.
    const warned = vi.spyOn(console, 'warn');
    const sent = post(request('https://[::1]:1/'), { secrets, allow: ['10.0.0.0/8', allowed] });
    await expect(sent).rejects.toMatchObject({ code: 'WebhookFailed' });
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  it.each([
    ['fd00::/8', '[::1]'],
    ['::2', '[::1]'],
    ['127.0.0.0/8', '[::ffff:127.0.0.1]'],
    ['127.0.0.1', '[::127.0.0.1]'],
  ])('by %s is not %s', async (allowed, host) => {
    const sent = post(request(`https://${host}:1/`), { secrets, allow: [allowed] });
    await expect(sent).rejects.toMatchObject({ code: 'WebhookRefused' });
  });
});

describe('a URL for webhooks', () => {
  it.each([
    ['http://example.com/', 'https'],
    ['ftp://example.com/', 'https'],
    ['javascript:alert(1)', 'https'],
    ['example.com', 'URL'],
    ['', 'URL'],
    [`https://example.com/${'x'.repeat(2_048)}`, 'URL'],
    ['https://user:secret@example.com/', 'user'],
    ['https://user@example.com/', 'user'],
  ])('%s is refused', async (url, why) => {
    expect(webhookFault(url)).toContain(why);
    await expect(post(request(url), local)).rejects.toMatchObject({ code: 'WebhookRefused' });
  });

  it('may have a port, a path and a query', () => {
    expect(webhookFault('https://example.com:8443/hooks?x=1')).toBeUndefined();
  });
});
