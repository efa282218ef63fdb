import { serveDashboard } from '../dashboard/serve-dashboard.ts';
import { bufferedHandler, type HttpHandler } from './function-url.ts';

/**
 * The dashboard as the handler of an API Gateway's HTTP API: files, and nothing else. It asks the API at the same address
 * for all that it shows, in the name of whoever looks.
 *
 * @param files the directory of the page, with a slash at its end
 */
export const createDashboard = (files: URL): HttpHandler => bufferedHandler(serveDashboard(files));
