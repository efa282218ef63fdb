import { computed, signal } from '@preact/signals';
import { hrefOf, type Place, placeOf, type Route } from './router.ts';

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export const place = computed<Place>(() => placeOf(hash.value));
export const route = computed<Route>(() => place.value.route);
/** Whose runs are shown: nobody's in particular, unless the URL says so. */
export const tenant = computed(() => place.value.tenant);
export const inTenant = () => (tenant.value === undefined ? {} : { tenant: tenant.value });

/** A link within the same tenant. */
export const linkTo = (to: Route): string => hrefOf({ route: to, ...inTenant() });
export const linkToRun = (id: string): string => linkTo({ page: 'run', id });

export function go(to: Route): void {
  location.hash = linkTo(to);
}

/** What is shown of the same page, such as a filter: going back leaves the page. */
export function adjust(to: Place): void {
  history.replaceState(null, '', hrefOf(to));
  hash.value = location.hash;
}
