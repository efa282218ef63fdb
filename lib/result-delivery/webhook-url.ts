import { BlockList, isIP, isIPv6 } from 'node:net';

const urlLengthMax = 2_048;

/**
 * What makes a URL unfit for webhooks before its name is resolved; undefined when nothing does. Whether it leads to an
 * address that may be called is seen when it is.
 */
export function webhookFault(text: string): string | undefined {
  const url = text.length <= urlLengthMax ? URL.parse(text) : null;
  if (!url) return `must be a URL of at most ${urlLengthMax} characters`;
  if (url.protocol !== 'https:') return 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must have no user and no password';
  return undefined;
}

/** 2000::/3, all that is given out: https://www.iana.org/assignments/ipv6-address-space */
const publicIpv6 = /^\[[23][0-9a-f]{3}:/;

/**
 * An address of IPv6 that nobody has, though some systems take it for one of IPv4, or for their own.
 *
 * @param allow addresses and ranges that may be called all the same
 */
export function oddAddressFault(text: string, allow: readonly string[]): string | undefined {
  const { hostname } = new URL(text);
  if (!hostname.startsWith('[') || publicIpv6.test(hostname)) return undefined;
  const allowed = new BlockList();
  for (const range of allowedFor(text, allow)) {
    const [address = '', bits = '128'] = range.split('/');
    allowed.addSubnet(address, Number(bits), 'ipv6');
  }
  if (allowed.check(hostname.slice(1, -1), 'ipv6')) return undefined;
  return `leads to ${hostname}, out of the public internet`;
}

/**
 * What of the allowed addresses and ranges can be meant by a URL: for an address those of its own kind, because one of IPv6
 * that stands for one of IPv4 is as odd as before. Addresses are written as systems write them, with which they are compared.
 */
export function allowedFor(text: string, allow: readonly string[]): string[] {
  const kind = isIP(new URL(text).hostname.replace(/^\[|\]$/g, ''));
  return allow
    .filter((range) => kind === 0 || isIP(range.split('/')[0] ?? '') === kind)
    .map((range) => (isIPv6(range) ? new URL(`https://[${range}]`).hostname.slice(1, -1) : range));
}
