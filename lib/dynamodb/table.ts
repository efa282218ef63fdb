/** Names that the store, the embedded runtime and the deployed table share. */
export const tableKeys = { partition: 'pk', sort: 'sk' } as const;
/** The one index: sparse, keys only. `stateAt` is a number of milliseconds. */
export const stateIndex = { name: 'byState', partition: 'statePk', sort: 'stateAt' } as const;
/** Seconds since the epoch after which DynamoDB may delete an item. */
export const expiryAttribute = 'expires';
