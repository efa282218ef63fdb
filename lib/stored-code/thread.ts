import { serveStoredCode } from './serve-stored-code.ts';

await serveStoredCode();
