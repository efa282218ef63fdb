import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

/** Spans of an SDK that is registered for as long as this lives, and whether each that was begun has ended. */
export class RecordedSpans implements Disposable {
  readonly #exporter = new InMemorySpanExporter();
  /** Ids of spans that have not ended. */
  readonly open = new Set<string>();

  constructor() {
    const counting: SpanProcessor = {
      onStart: (span) => void this.open.add(span.spanContext().spanId),
      onEnd: (span) => void this.open.delete(span.spanContext().spanId),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const exporting = new SimpleSpanProcessor({ exporter: this.#exporter });
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [counting, exporting] }));
  }

  get all(): ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }

  named(name: string): ReadableSpan[] {
    return this.all.filter((span) => span.name === name);
  }

  /** The only one of that name. */
  one(name: string): ReadableSpan {
    const [span, ...others] = this.named(name);
    if (!span || others.length > 0) throw new Error(`${1 + others.length} spans ${name}, not one`);
    return span;
  }

  /** Names, each below that of its parent, in the order of their ends. */
  tree(): string[] {
    const byId = new Map(this.all.map((span) => [span.spanContext().spanId, span]));
    return this.all.map((span) => {
      const parent = byId.get(span.parentSpanContext?.spanId ?? '');
      return parent ? `${parent.name} > ${span.name}` : span.name;
    });
  }

  [Symbol.dispose](): void {
    trace.disable();
    context.disable();
  }
}

/** Metrics of an SDK that is registered for as long as this lives. */
export class RecordedMetrics implements AsyncDisposable {
  readonly #exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #provider: MeterProvider;

  constructor() {
    const reader = new PeriodicExportingMetricReader({
      exporter: this.#exporter,
      exportIntervalMillis: 3_600_000,
    });
    this.#provider = new MeterProvider({ readers: [reader] });
    metrics.setGlobalMeterProvider(this.#provider);
  }

  /** Names of what was exported already. */
  get exported(): string[] {
    return this.#all().map(({ descriptor }) => descriptor.name);
  }

  /** The values of each instrument with their attributes: sums of histograms, of counters their counts. */
  async read(): Promise<Record<string, { value: number; attributes: Record<string, unknown> }[]>> {
    this.#exporter.reset();
    await this.#provider.forceFlush();
    return Object.fromEntries(
      this.#all().map(({ dataPoints, descriptor }) => [
        descriptor.name,
        dataPoints.map(({ attributes, value }) => ({
          value: typeof value === 'number' ? value : (value.sum ?? Number.NaN),
          attributes,
        })),
      ]),
    );
  }

  #all() {
    const scopes = this.#exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    return scopes.flatMap(({ metrics: each }) => each);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    metrics.disable();
    await this.#provider.shutdown();
  }
}
