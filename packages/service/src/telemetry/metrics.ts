import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { observeProcess } from "./process-metrics.ts";
import type { MetricOptions } from "./read-metrics.ts";

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
