import { createApi } from 'holdfast/lambda';
import * as tasks from '#tasks';

export const { app, handler } = createApi({ tasks });
