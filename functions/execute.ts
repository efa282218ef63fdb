import { createExecute } from 'holdfast/lambda';
import * as tasks from '#tasks';

export const handler = createExecute({
  tasks,
  thread: new URL('./thread.mjs', import.meta.url),
  codeThread: new URL('./code-thread.mjs', import.meta.url),
});
