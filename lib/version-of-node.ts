import { HoldfastError } from './model/errors.ts';

/** What the package is built for, as its `engines` say. npm only warns of it. */
export const nodeMajorMin = 24;

export const isNodeSupported = (nodeVersion: string): boolean =>
  Number(/^v(\d+)/.exec(nodeVersion)?.[1]) >= nodeMajorMin;

/** @throws HoldfastError `NodeTooOld` */
export function checkNode(nodeVersion: string): void {
  if (isNodeSupported(nodeVersion)) return;
  const what = `Holdfast needs Node ${nodeMajorMin} or newer, and this is ${nodeVersion}`;
  throw new HoldfastError('NodeTooOld', what);
}
