/** One figure. Machines drift, so what counts is the ratio to something measured in the same run. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly ratio?: { readonly value: number; readonly against: string };
}

export interface BenchInput {
  readonly video: string | undefined;
  readonly model: string | undefined;
  readonly report: (measurement: Measurement) => void;
}

export interface Bench {
  readonly name: string;
  readonly about: string;
  readonly needs: readonly ("video" | "model")[];
  run(input: BenchInput): Promise<void>;
}
