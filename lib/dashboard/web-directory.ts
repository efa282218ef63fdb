/** Where the build puts the page: dist/web/, seen from a checkout and from what is built. */
export const webDirectory = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/web/' : '../../web/',
  import.meta.url,
);
