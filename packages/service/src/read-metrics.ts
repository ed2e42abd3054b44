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
  { name, help, labels }: MetricOptions<L>,
  read: Read<L>,
): void {
  const gauge = new Gauge<L>({
    name,
    help,
    labelNames: [...labels],
    registers: [],
    async collect() {
      this.reset();
      const samples = await samplesOf(read);
      for (const { labels: at, value } of samples) {
        if (at === undefined) this.set(value);
        else this.set(at as Partial<Record<L, string>>, value);
      }
    },
  });
  registry.registerMetric(gauge);
}

/** A counter that something else keeps; the same otherwise. */
export function readCounter<L extends string = never>(
  registry: Registry,
  { name, help, labels }: MetricOptions<L>,
  read: Read<L>,
): void {
  const counter = new Counter<L>({
    name,
    help,
    labelNames: [...labels],
    registers: [],
    async collect() {
      this.reset();
      const samples = await samplesOf(read);
      for (const { labels: at, value } of samples) {
        if (at === undefined) this.inc(value);
        else this.inc(at as Partial<Record<L, string>>, value);
      }
    },
  });
  registry.registerMetric(counter);
}

async function samplesOf<L extends string>(read: Read<L>): Promise<readonly Sample<L>[]> {
  try {
    return await read();
  } catch {
    return [];
  }
}
