import type { QueueName } from "./queues.ts";

/** What a task of a step is about: the whole job, a segment or a batch of its plan, or what is tracked of it. */
export type StepScope = "job" | "segment" | "batch" | "cursor" | "tracks";

export interface StepDeclaration {
  /** The queue that carries it, and so the service that does it. */
  readonly queue: QueueName;
  readonly scope: StepScope;
  /** Who counts its attempts: the ledger turns what keeps failing into a gap, the queue fails the job. */
  readonly attempts: "ledger" | "queue";
  /** Jobs take turns: its tasks are in the order of the jobs' virtual time. */
  readonly turns?: true;
  /** Of the steps after track: those that it needs the report of, as far as the job has them. */
  readonly after?: readonly string[];
}

/**
 * Every step of a job, in the order in which a job meets them. Message schemas, task ids, what is due and in which turn
 * derive from it; the plan of a job says which of the steps after track it has.
 */
export const STEPS = {
  ingest: { queue: "ingest", scope: "job", attempts: "queue" },
  /** Sources on the web; the job's `ingest` waits for it. */
  fetch: { queue: "fetch", scope: "job", attempts: "queue" },
  decode: { queue: "decode", scope: "segment", attempts: "ledger", turns: true },
  enhance: { queue: "enhance", scope: "batch", attempts: "ledger", turns: true },
  infer: { queue: "infer", scope: "batch", attempts: "ledger", turns: true },
  track: { queue: "track", scope: "cursor", attempts: "queue" },
  /** Cuts the best views of the tracks out of the source, … */
  cut: { queue: "index", scope: "tracks", attempts: "queue", after: [] },
  /** … which the models for looks are run on, before the results are written. */
  look: { queue: "infer", scope: "tracks", attempts: "queue", turns: true, after: ["cut"] },
  index: { queue: "index", scope: "tracks", attempts: "queue", after: ["look"] },
  render: { queue: "render", scope: "tracks", attempts: "queue", after: [] },
  /** The last one: the summary, the result object, the terminal state. */
  finalize: { queue: "index", scope: "tracks", attempts: "queue", after: ["index", "render"] },
} as const satisfies Record<string, StepDeclaration>;

export type StepName = keyof typeof STEPS;
export type StepsOf<K extends keyof StepDeclaration, V> = {
  [S in StepName]: (typeof STEPS)[S] extends { readonly [_ in K]: V } ? S : never;
}[StepName];

/** The steps after track, of which a job has some. */
export type LateStep = StepsOf<"scope", "tracks">;
/** Those that leave a report for others. */
export type ReportStep = Exclude<LateStep, "finalize">;

export const STEP_NAMES = Object.keys(STEPS) as readonly StepName[];
export const LATE_STEPS = STEP_NAMES.filter(
  (name): name is LateStep => STEPS[name].scope === "tracks",
);

export function declarationOf(step: StepName): StepDeclaration {
  return STEPS[step];
}

/** Which of a job's late steps each of them comes after. */
export function orderOf(steps: readonly LateStep[]): Record<string, LateStep[]> {
  const before = (step: string): LateStep[] =>
    (declarationOf(step as LateStep).after ?? []).flatMap((name) =>
      steps.includes(name as LateStep) ? [name as LateStep] : before(name),
    );
  return Object.fromEntries(steps.map((step) => [step, before(step)]));
}
