import { LogFormatter, LogItem, Logger as Powertools } from '@aws-lambda-powertools/logger';
import type { LogLevel } from '../config/log-level.ts';
import type { LogFields, Logger } from '../ports/logger.ts';

/** Standard error, so that programs keep their standard output for themselves; Lambda logs both. */
const toStandardError = (line: string): void => void process.stderr.write(`${line}\n`);

interface LoggerOptions {
  readonly level: LogLevel;
  /** Shown in each line. Default: `holdfast`. */
  readonly serviceName?: string | undefined;
  /** Default: to standard error. */
  readonly write?: (line: string) => void;
}

/** One JSON object a line. Errors among the fields become their name, code and message; stacks only at `debug`. */
export function powertoolsLogger(options: LoggerOptions): Logger {
  return withFields(new LineLogger(options), {});
}

/** A child is its fields, not another Powertools logger: that costs a deep copy for each message. */
function withFields(powertools: Powertools, fixed: LogFields): Logger {
  const at = (level: Exclude<LogLevel, 'silent'>) => (message: string, fields?: LogFields) =>
    powertools[level](message, { ...fixed, ...fields });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => withFields(powertools, { ...fixed, ...fields }),
  };
}

/** Powertools itself sends the lines below `warn` to standard output. */
class LineLogger extends Powertools {
  /** Not yet set while the constructor of Powertools runs, which may log already. */
  declare readonly write: LoggerOptions['write'];

  constructor({ level, serviceName = 'holdfast', write }: LoggerOptions) {
    const logLevel = level === 'silent' ? 'SILENT' : level;
    super({ logLevel, serviceName, sampleRateValue: 0, logFormatter: new LineFormatter(level === 'debug') });
    this.write = write;
  }

  protected override printLog(_level: number, log: LogItem): void {
    log.prepareForPrint();
    const write = this.write ?? toStandardError;
    write(JSON.stringify(log.getAttributes(), this.getJsonReplacer() as never));
  }
}

type CommonAttributes = Parameters<LogFormatter['formatAttributes']>[0];

/** Powertools' names for the common fields, and only those that say something. */
class LineFormatter extends LogFormatter {
  readonly #stacks: boolean;

  constructor(stacks: boolean) {
    super();
    this.#stacks = stacks;
  }

  override formatAttributes(common: CommonAttributes, fields: Record<string, unknown>): LogItem {
    const { logLevel, message, serviceName, timestamp, xRayTraceId } = common;
    const attributes = {
      level: logLevel,
      message,
      timestamp: timestamp.toISOString(),
      service: serviceName,
      ...(xRayTraceId && { xray_trace_id: xRayTraceId }),
    };
    return new LogItem({ attributes }).addAttributes(fields as never);
  }

  override formatError(error: Error): Record<string, unknown> & ReturnType<LogFormatter['formatError']> {
    const code = 'code' in error ? { code: error.code } : {};
    const stack = this.#stacks && error.stack !== undefined ? { stack: error.stack } : {};
    return { name: error.name, ...code, message: error.message, ...stack } as never;
  }
}
