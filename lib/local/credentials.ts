/** The emulators want a signature but check none; nothing of the user's own AWS account is ever used. */
export const localCredentials = { accessKeyId: 'holdfast', secretAccessKey: 'embedded-runtime' } as const;
export const localRegion = 'us-east-1';
export const localAccount = '000000000000';
