export { serveStoredCode } from './serve-stored-code.ts';
