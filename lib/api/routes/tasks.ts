import type { Hono } from 'hono';
import { readJson } from '../json-body.ts';
import type { ApiOptions } from '../options.ts';
import { readSubmission, unfoldField } from '../submission.ts';
import { optionsFromHeaders } from '../submission-headers.ts';
import { showRun } from './runs.ts';

export function addTaskRoutes(app: Hono, options: ApiOptions): void {
  app.post('/tasks', async (c) => {
    const { task, input, options: given, flat } = readSubmission(await readJson(c), options.defaultTask);
    const run = await options.client
      .submitByName(task, input, { ...given, ...optionsFromHeaders(c, given) })
      .catch((error: unknown) => {
        throw flat ? unfoldField(error) : error;
      });
    const { created, ...view } = run;
    return c.json(view, created ? 202 : 200, { location: `/tasks/${run.id}` });
  });

  app.get('/tasks/:id', (c) => showRun(c, options.client, c.req.param('id')));
}
