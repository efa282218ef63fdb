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
