import { createExecute } from 'holdfast/lambda';
import * as tasks from '#tasks';

export const handler = createExecute({ tasks });
