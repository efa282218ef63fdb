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

/** An address of IPv6 that nobody has, though some systems take it for one of IPv4, or for their own. */
export function oddAddressFault(text: string): string | undefined {
  const { hostname } = new URL(text);
  const isOdd = hostname.startsWith('[') && !publicIpv6.test(hostname);
  return isOdd ? `leads to ${hostname}, out of the public internet` : undefined;
}
