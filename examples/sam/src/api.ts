import { createApi } from 'holdfast/lambda';
import * as tasks from './tasks.ts';

export const { handler } = createApi({ tasks });
