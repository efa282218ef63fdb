import { signal } from '@preact/signals';
import { createHttpClient } from '../../lib/client/index.ts';

/** Whether the API answers: `lost` from a request that nobody answered to the next that somebody did. */
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting');

const tokenKey = 'holdfast-token';
/** What the caller shows where a gateway asks for it. Kept as long as this tab is open. */
const token = signal(sessionStorage.getItem(tokenKey) ?? '');
/** What the gateway let through to nobody: a request without a token, or with one that it does not take. */
export const refused = signal<'no token' | 'token' | undefined>(undefined);
/** Whoever has none to show is not asked again until the page is loaded anew. */
let isLeft = false;

export function leaveToken(): void {
  isLeft = true;
  refused.value = undefined;
}

/** Whether it can be one: nothing else goes into a header. */
export const isToken = (text: string): boolean => /^[\w.~+/-]+=*$/.test(text);

export function keepToken(text: string): void {
  sessionStorage.setItem(tokenKey, text);
  token.value = text;
  refused.value = undefined;
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token.value !== '') headers.set('authorization', `Bearer ${token.value}`);
  try {
    const response = await fetch(url, { ...init, headers });
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
    if ((response.status === 401 || response.status === 403) && !isProblem && !isLeft)
      refused.value = token.value === '' ? 'no token' : 'token';
    connection.value = 'live';
    return response;
  } catch (error) {
    if (!init.signal?.aborted) connection.value = 'lost';
    throw error;
  }
}

/** The API lies beside this page, wherever that is. */
export const client = createHttpClient({ url: new URL('.', document.baseURI).href, fetch: ask });
