import { serveStoredCode } from 'holdfast/stored-code';

// Beside the executor's bundle: what the thread of an execution of stored code executes, where that is switched on.
await serveStoredCode();
