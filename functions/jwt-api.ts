import { createApi } from 'holdfast/lambda';
import * as tasks from '#tasks';

export const { bufferedHandler: handler } = createApi({ tasks });
