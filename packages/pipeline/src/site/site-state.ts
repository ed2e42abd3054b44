import {
  isTerminal,
  type JobId,
  type JobState,
  type AnyQueueName,
  QUEUES,
} from "@framequeue/contracts";
import type { QueueDepth } from "../queues/task-queues.ts";
import type { Ports } from "../ports.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { hasStep } from "../ledger/late-steps.ts";
import { grantKeys, jobKey, ledgerKeys } from "../ledger/keys.ts";

/** Where a job is that has not ended. `waiting`: it has a plan, and no segment of it has been taken up. */
export const JOB_PHASES = [
  "queued",
  "validating",
  "waiting",
  "running",
  "finalizing",
  "paused",
  "cancelling",
] as const;
export type JobPhase = (typeof JOB_PHASES)[number];

/** A job that has not ended. */
export interface RunningJob {
  readonly id: JobId;
  readonly phase: JobPhase;
  /** Changes whenever the job gets on. */
  readonly progress: string;
  /** Milliseconds since 1970; undefined in a record that has none. */
  readonly acceptedAt: number | undefined;
}

/** Stages that work frame by frame, and whose work that is left can be counted so. */
export const FRAME_STAGES = ["decode", "enhance", "infer", "track", "render"] as const;
export type FrameStage = (typeof FRAME_STAGES)[number];

/** The whole site at one moment, as its ledgers and queues have it. */
export interface SiteState {
  readonly queues: Readonly<Record<AnyQueueName, QueueDepth>>;
  readonly jobs: readonly RunningJob[];
  /**
   * Frames of accepted jobs that are not paused and that the stage has not done. Of a job that has no plan yet it is
   * `framesOfUnplanned`; render counts what is tracked and can be written. enhance keeps no count of its own, so what
   * infer has not done counts as left to it.
   */
  readonly framesLeft: Readonly<Record<FrameStage, number>>;
  /** Batches that hold pixels, and how many may, over all jobs. */
  readonly credits: { readonly held: number; readonly window: number };
  /** Bytes of pixels that are reserved in the frame store. */
  readonly grantedBytes: number;
  /** Frames of the planned jobs, on average: what a job that has no plan yet is taken for. */
  readonly framesOfUnplanned: number;
}

export type SiteStateDeps = Pick<Ports, "redis" | "site" | "queues"> & {
  readonly jobs: Pick<Jobs, "active">;
};

/** A job of which nothing is known: half a minute of video. */
const UNKNOWN_FRAMES = 900;
/** Jobs asked about in one round trip. */
const CHUNK = 500;

const FIELDS = [
  "st",
  "paused",
  "ep",
  "total",
  "fd",
  "fi",
  "ord",
  "rendered",
  "enh",
  "steps",
  "ren",
  "vw",
  "render",
  "cut",
  "look",
  "index",
  "acceptedAt",
  "decodeAt",
  "W",
] as const;
type Fields = Readonly<Record<(typeof FIELDS)[number], string | null>>;

/** One look at everything; costs Redis a few microseconds per job that has not ended. */
export async function readSiteState(deps: SiteStateDeps): Promise<SiteState> {
  const { redis, site, queues } = deps;
  const [depths, granted, ids] = await Promise.all([
    Promise.all(QUEUES.map(async (name) => [name, await queues.depth(name)] as const)),
    redis.get(grantKeys(site)[1]!),
    deps.jobs.active(),
  ]);
  const seen: { readonly id: JobId; readonly fields: Fields; readonly held: number }[] = [];
  for (let from = 0; from < ids.length; from += CHUNK) {
    seen.push(...(await readJobs(deps, ids.slice(from, from + CHUNK))));
  }
  const running = seen.filter(({ fields: { st } }) => st !== null && !isTerminal(st as JobState));
  const planned = running.filter(({ fields }) => fields.ep !== null);
  const framesOfUnplanned =
    planned.length === 0
      ? UNKNOWN_FRAMES
      : sumOf(planned, ({ fields }) => Number(fields.total)) / planned.length;
  const live = running.filter(({ fields }) => fields.paused !== "1" && fields.st !== "cancelling");
  return {
    queues: Object.fromEntries(depths) as Record<AnyQueueName, QueueDepth>,
    jobs: running.map(({ id, fields }) => toRunningJob(id, fields)),
    framesLeft: Object.fromEntries(
      FRAME_STAGES.map((stage) => [
        stage,
        sumOf(live, ({ fields }) => framesLeft(stage, fields, framesOfUnplanned)),
      ]),
    ) as Record<FrameStage, number>,
    credits: {
      held: sumOf(running, ({ held }) => held),
      window: sumOf(planned, ({ fields }) => Number(fields.W)),
    },
    grantedBytes: Number(granted ?? 0),
    framesOfUnplanned,
  };
}

async function readJobs({ redis }: SiteStateDeps, ids: readonly JobId[]) {
  const pipeline = redis.pipeline();
  for (const id of ids) {
    pipeline.hmget(jobKey(id), ...FIELDS);
    pipeline.hlen(ledgerKeys(id)[3]!);
  }
  const answers = (await pipeline.exec()) ?? [];
  return ids.map((id, i) => {
    const [error, values] = answers[2 * i] ?? [];
    if (error) throw error;
    const fields = Object.fromEntries(
      FIELDS.map((name, at) => [name, (values as (string | null)[])[at] ?? null]),
    ) as Fields;
    return { id, fields, held: Number(answers[2 * i + 1]?.[1] ?? 0) };
  });
}

function framesLeft(stage: FrameStage, fields: Fields, ofUnplanned: number): number {
  const { st, ep, enh } = fields;
  // Whether it wants its frames enhanced, or a video written, is known from the plan on.
  if (ep === null) return stage === "enhance" || stage === "render" ? 0 : ofUnplanned;
  const left = (done: string | null): number => Math.max(0, Number(fields.total) - Number(done));
  if (stage === "render") {
    const isOwed = st === "tracked" && hasStep(fields, "render") && fields.render === null;
    return isOwed ? left(fields.rendered) : 0;
  }
  if (st !== "running") return 0;
  switch (stage) {
    case "decode":
      return left(fields.fd);
    case "enhance":
      return enh === "1" ? left(fields.fi) : 0;
    case "infer":
      return left(fields.fi);
    case "track":
      return left(fields.ord);
  }
}

function toRunningJob(id: JobId, fields: Fields): RunningJob {
  const { st, ep, fd, fi, ord, rendered, render, cut, look, index, acceptedAt } = fields;
  return {
    id,
    phase: phaseOf(fields),
    progress: [st, ep, fd, fi, ord, rendered, cut, look, index, render].join(" "),
    acceptedAt: acceptedAt === null ? undefined : Date.parse(acceptedAt),
  };
}

function phaseOf({ st, paused, decodeAt }: Fields): JobPhase {
  if (st !== "cancelling" && paused === "1") return "paused";
  if (st === "tracked") return "finalizing";
  if (st === "running" && decodeAt === null) return "waiting";
  return JOB_PHASES.find((phase) => phase === st) ?? "queued";
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
