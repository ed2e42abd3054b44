import { Counter, Gauge, type Registry } from "prom-client";

export interface MetricOptions<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
}

export interface Sample<L extends string> {
  readonly labels?: Readonly<Partial<Record<L, string>>>;
  readonly value: number;
}

type Read<L extends string> = () => readonly Sample<L>[] | Promise<readonly Sample<L>[]>;

/** A gauge that asks for its values whenever somebody reads the registry; where it is refused them, it has none. */
export function readGauge<L extends string = never>(
  registry: Registry,
  options: MetricOptions<L>,
  read: Read<L>,
): void {
  const gauge: Gauge<L> = new Gauge<L>({
    ...configOf(options),
    collect: () => collect(gauge, read, (labels, value) => gauge.set(labels, value)),
  });
  registry.registerMetric(gauge);
}

/** A counter that something else keeps; the same otherwise. */
export function readCounter<L extends string = never>(
  registry: Registry,
  options: MetricOptions<L>,
  read: Read<L>,
): void {
  const counter: Counter<L> = new Counter<L>({
    ...configOf(options),
    collect: () => collect(counter, read, (labels, value) => counter.inc(labels, value)),
  });
  registry.registerMetric(counter);
}

function configOf<L extends string>({ name, help, labels }: MetricOptions<L>) {
  return { name, help, labelNames: [...labels], registers: [] };
}

async function collect<L extends string>(
  metric: { reset(): void },
  read: Read<L>,
  add: (labels: Partial<Record<L, string>>, value: number) => void,
): Promise<void> {
  metric.reset();
  for (const { labels = {}, value } of await samplesOf(read)) add(labels, value);
}

async function samplesOf<L extends string>(read: Read<L>): Promise<readonly Sample<L>[]> {
  try {
    return await read();
  } catch {
    return [];
  }
}
