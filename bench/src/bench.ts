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
  /** Of those that a benchmark could measure, how many it should; all if undefined. */
  readonly cells: number | undefined;
  /** A folder for pictures; none are drawn if undefined. */
  readonly plots: string | undefined;
  readonly report: (measurement: Measurement) => void;
  /** A row of a table: the text for people, or the object where JSON is asked for. */
  readonly print: (row: Readonly<Record<string, unknown>>, text: string) => void;
}

export interface Bench {
  readonly name: string;
  readonly about: string;
  readonly needs: readonly ("video" | "model")[];
  /** False where something came out as it must not: the command's exit code tells. */
  run(input: BenchInput): Promise<boolean>;
}
