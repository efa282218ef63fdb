import { serveTasks } from 'holdfast/threads';
import * as tasks from '#tasks';

// Beside the executor's bundle: what its threads execute, for tasks with `isolation: 'thread'`.
serveTasks({ tasks });
