import { HoldfastError } from '../../model/errors.ts';

/** Makes the error about one node of a definition. */
export type InvalidAt = (path: string, what: string) => HoldfastError;

export const invalidIn =
  (workflow: string): InvalidAt =>
  (path, what) =>
    new HoldfastError('InvalidWorkflow', `Workflow ${workflow}, ${path}: ${what}`, { field: path });
