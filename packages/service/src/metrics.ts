import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { observeProcess } from "./process-metrics.ts";

/** Gauges of prom-client with names that Prometheus reserves for counters. */
const MISNAMED = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

export { type Counter, type Gauge, type Histogram, Registry };

/** A registry of its own for one service, with the metrics of its process. */
export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  observeProcess(registry);
  return registry;
}

interface MetricOptions<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
}

/** The registry's counter of that name, made where there is none, so that several parts may count together. */
export function counterIn<L extends string = never>(
  registry: Registry,
  { name, help, labels }: MetricOptions<L>,
): Counter<L> {
  const known = registry.getSingleMetric(name) as Counter<L> | undefined;
  return known ?? new Counter({ name, help, labelNames: [...labels], registers: [registry] });
}

/** The same for a gauge. */
export function gaugeIn<L extends string = never>(
  registry: Registry,
  { name, help, labels }: MetricOptions<L>,
): Gauge<L> {
  const known = registry.getSingleMetric(name) as Gauge<L> | undefined;
  return known ?? new Gauge({ name, help, labelNames: [...labels], registers: [registry] });
}

/** The same for a histogram; `buckets` are upper limits. */
export function histogramIn<L extends string = never>(
  registry: Registry,
  { name, help, labels, buckets }: MetricOptions<L> & { readonly buckets: readonly number[] },
): Histogram<L> {
  const known = registry.getSingleMetric(name) as Histogram<L> | undefined;
  return (
    known ??
    new Histogram({
      name,
      help,
      labelNames: [...labels],
      buckets: [...buckets],
      registers: [registry],
    })
  );
}

export interface Sample<L extends string> {
  readonly labels?: Readonly<Partial<Record<L, string>>>;
  readonly value: number;
}

type Read<L extends string> = () => readonly Sample<L>[] | Promise<readonly Sample<L>[]>;

/** A gauge that asks for its values whenever somebody reads the registry; where it is refused them, it has none. */
export function readGauge<L extends string = never>(
  registry: Registry,
  { name, help, labels }: MetricOptions<L>,
  read: Read<L>,
): void {
  new Gauge<L>({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    async collect() {
      this.reset();
      const samples = await samplesOf(read);
      for (const { labels: at, value } of samples) {
        if (at === undefined) this.set(value);
        else this.set(at as Partial<Record<L, string>>, value);
      }
    },
  });
}

/** A counter that something else keeps; the same otherwise. */
export function readCounter<L extends string = never>(
  registry: Registry,
  { name, help, labels }: MetricOptions<L>,
  read: Read<L>,
): void {
  new Counter<L>({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    async collect() {
      this.reset();
      const samples = await samplesOf(read);
      for (const { labels: at, value } of samples) {
        if (at === undefined) this.inc(value);
        else this.inc(at as Partial<Record<L, string>>, value);
      }
    },
  });
}

async function samplesOf<L extends string>(read: Read<L>): Promise<readonly Sample<L>[]> {
  try {
    return await read();
  } catch {
    return [];
  }
}
