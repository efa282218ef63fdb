import { HoldfastError } from '../model/errors.ts';
import { checkName } from '../model/ids.ts';

/** The name of a signal, before it becomes a part of a path or a key. @throws HoldfastError `UnknownSignal` */
export function signalName(name: string): string {
  try {
    return checkName(name, 'name');
  } catch {
    const shown = `${JSON.stringify(name)}`.slice(0, 80);
    throw new HoldfastError('UnknownSignal', `No workflow waits for a signal ${shown}`, { field: 'name' });
  }
}
