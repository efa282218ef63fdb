/** As in package.json, which a bundle does not have beside it; a test keeps them equal. */
export const version = '0.1.0';
