import { createExecute } from 'holdfast/lambda';
import * as tasks from './tasks.ts';

export const handler = createExecute({ tasks });
