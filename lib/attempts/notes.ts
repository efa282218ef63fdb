import type { AttemptRecord, LogLevel, Resources } from '../model/attempt.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogFields, Logger } from '../ports/logger.ts';
import { LogLines } from './log-lines.ts';
import type { NoteTaker } from './note-taker.ts';
import { type Meter, meterProcess } from './resources.ts';
import { Variables } from './variables.ts';

/** What one attempt tells, while it runs. */
export class AttemptNotes implements NoteTaker {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #lines = new LogLines();
  readonly #variables = new Variables();
  readonly #meter: Meter = meterProcess();
  #resources: Resources | undefined;
  #isClosed = false;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** A logger whose lines are noted, too. */
  logger(base: Logger, bound: LogFields = {}): Logger {
    const at =
      (level: LogLevel) =>
      (message: string, fields: LogFields = {}) => {
        this.#note({ level, message: String(message), fields: { ...bound, ...fields } });
        base[level](message, fields);
      };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => this.logger(base.child(fields), { ...bound, ...fields }),
    };
  }

  console(level: LogLevel, message: string): void {
    this.#note({ level, message, console: true });
  }

  /** @throws HoldfastError `InvalidName`, `NotSerializable`, `PayloadTooLarge` */
  setVariable(name: string, value: unknown): void {
    if (!this.#isClosed) this.#variables.set(name, value);
  }

  setResources(resources: Resources): void {
    if (!this.#isClosed) this.#resources = resources;
  }

  /** The attempt is over: whoever still speaks is not heard. */
  close(): void {
    if (this.#isClosed) return;
    this.#resources ??= this.#meter();
    this.#isClosed = true;
  }

  /** Whether anything was said. */
  get areThere(): boolean {
    return !this.#lines.isEmpty || !this.#variables.isEmpty;
  }

  get told(): Pick<AttemptRecord, 'logs' | 'variables' | 'resources'> {
    return {
      ...(!this.#lines.isEmpty && { logs: this.#lines.kept }),
      ...(!this.#variables.isEmpty && { variables: this.#variables.kept }),
      ...(this.#resources && { resources: this.#resources }),
    };
  }

  #note({ fields, ...line }: { level: LogLevel; message: string; fields?: LogFields; console?: true }): void {
    if (this.#isClosed) return;
    const hasFields = fields !== undefined && Object.keys(fields).length > 0;
    this.#lines.add({ at: this.#clock.now(), ...line, ...(hasFields && { fields }) });
  }
}
