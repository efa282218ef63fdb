import { type RunStatus, runStatuses } from '../../lib/model/run.ts';

/** Which page is shown, as the part of the URL after the `#` says it. */
export type Route =
  | { readonly page: 'overview' | 'workers' | 'definitions' }
  | { readonly page: 'runs'; readonly filter: RunsFilter }
  | { readonly page: 'run'; readonly id: string; readonly node?: string }
  | { readonly page: 'definition'; readonly id: string }
  | { readonly page: 'unknown'; readonly path: string };

export interface RunsFilter {
  readonly status?: RunStatus;
  readonly name?: string;
  /** ISO 8601. */
  readonly since?: string;
  readonly until?: string;
}

/** A page and whose runs it shows. */
export interface Place {
  readonly route: Route;
  readonly tenant?: string;
}

/** Of whatever stands after the `#`: what is no place of ours is an unknown page, what is no filter is left out. */
export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const params = new URLSearchParams(query);
  const tenant = params.get('tenant') ?? '';
  return { route: routeOf(path, params), ...(tenant !== '' && { tenant }) };
}

function routeOf(path: string, params: URLSearchParams): Route {
  const parts = path.split('/').filter((part) => part !== '');
  const [first, second] = parts.map(decoded);
  if (parts.length === 0) return { page: 'overview' };
  if (parts.length > 2) return { page: 'unknown', path };
  if (first === 'runs') {
    if (second === undefined) return { page: 'runs', filter: filterOf(params) };
    const node = params.get('node') ?? '';
    return { page: 'run', id: second, ...(node !== '' && { node }) };
  }
  if (first === 'definitions')
    return second === undefined ? { page: 'definitions' } : { page: 'definition', id: second };
  return first === 'workers' && second === undefined ? { page: 'workers' } : { page: 'unknown', path };
}

function filterOf(params: URLSearchParams): RunsFilter {
  const status = runStatuses.find((each) => each === params.get('status'));
  const text = (name: string) => params.get(name) || undefined;
  const [name, since, until] = [text('name'), text('since'), text('until')];
  return {
    ...(status && { status }),
    ...(name !== undefined && { name }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

/** The link to a place, from its `#` on. */
export function hrefOf({ route, tenant }: Place): string {
  const params = new URLSearchParams();
  if (route.page === 'runs')
    for (const [name, value] of Object.entries(route.filter)) if (value) params.set(name, value);
  if (route.page === 'run' && route.node !== undefined) params.set('node', route.node);
  if (tenant !== undefined) params.set('tenant', tenant);
  return `#${pathOf(route)}${params.size === 0 ? '' : `?${params}`}`;
}

function pathOf(route: Route): string {
  switch (route.page) {
    case 'overview':
      return '/';
    case 'run':
      return `/runs/${encodeURIComponent(route.id)}`;
    case 'definition':
      return `/definitions/${encodeURIComponent(route.id)}`;
    case 'unknown':
      return route.path;
    default:
      return `/${route.page}`;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
