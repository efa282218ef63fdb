/** The AWS API under test. */
export function endpoint(): string {
  const url = process.env.AWS_ENDPOINT_URL;
  if (url) return url;
  throw new Error('AWS_ENDPOINT_URL is not set: name an emulator, or run `npm run test:localstack`');
}

/** `localstack`, `ministack`, or whatever else it is, by what it says of itself. */
export async function emulatorName(): Promise<string> {
  for (const [name, path] of [
    ['ministack', '/_ministack/health'],
    ['localstack', '/_localstack/health'],
  ] as const) {
    const response = await fetch(new URL(path, endpoint())).catch(() => undefined);
    const text = response?.ok ? await response.text() : '';
    if (text.includes('"services"')) return name;
  }
  return 'unknown';
}
