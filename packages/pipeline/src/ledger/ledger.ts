import {
  type BatchKey,
  DEFAULT_PRIORITY,
  type InferredBatch,
  type GAP_REASONS,
  type JobId,
  type JobState,
  type LateStep,
  type MessageStage,
  orderOf,
  parseBatchKey,
  type ReportStep,
  type Problem,
  type SegmentMode,
} from "@framequeue/contracts";
import { grantKeys, jobKey, ledgerKeys } from "./keys.ts";
import type { RedisClient } from "./redis.ts";
import { type LedgerScript, loadScripts } from "./scripts.ts";

/** Work that a script made due; whoever called the script enqueues it before completing its own task. */
export interface Due {
  readonly stage: MessageStage;
  /** Segment index, batch key, or empty. */
  readonly item: string;
  readonly q: number;
  /** The job's virtual time, where the stage's tasks take turns by it: see `FairClock`. */
  readonly vt?: number;
}

type Answer<A extends string, More = unknown> = {
  readonly a: A;
  readonly due?: readonly Due[];
} & More;
/** The job has ended or the epoch is over: the caller clears away what it holds and stops. */
type Gone = Answer<"gone">;
/** Another holder took the work over: the caller stops and touches nothing. */
type Stale = Answer<"stale">;

export interface BatchRange {
  /** First frame and one past the last, inside the batch. */
  readonly f: number;
  readonly t: number;
  readonly ref?: string;
  readonly gap?: 1;
}

export interface DoneBatch {
  readonly frames: number;
  readonly ranges: readonly BatchRange[];
}

export interface TrackRun {
  readonly cs: number;
  readonly cb: number;
  /** Object key of the checkpoint to start from; empty at the start. */
  readonly ck: string;
  /** Frames tracked so far: the ordinal of the run's first frame. */
  readonly ord: number;
  readonly batches: readonly DoneBatch[];
  readonly roll: string;
  /** Parts since the last roll-up. */
  readonly parts: number;
}

export interface PlanOptions {
  readonly mode: SegmentMode;
  readonly segments: number;
  readonly window: number;
  readonly openSegments: number;
  /** The two above follow the number of workers from then on. */
  readonly auto?: boolean;
  /** N: how often a single frame is tried alone, and a segment without progress. */
  readonly attempts: number;
  readonly enhance: boolean;
  /** What is to be done with what is tracked. */
  readonly steps: readonly LateStep[];
  /** 1 to 9: a job's share beside others, default 5. */
  readonly priority?: number;
  /** Frames to expect, for progress. */
  readonly total: number;
}

export interface SegmentEnd {
  readonly batches: number;
  /** Frames of the source, of a sequential segment of which not all are looked at. */
  readonly shown?: number;
  readonly missing?: { readonly frames: number; readonly reason: (typeof GAP_REASONS)[number] };
  /** Of a sequential segment: the object that tells when its frames are shown and where some are missing. */
  readonly timeline?: string;
  readonly warning?: string;
}

export interface JobEnd {
  readonly run?: number;
  readonly state: JobState;
  readonly finishedAt: string;
  readonly problem?: Problem | undefined;
}

/** What one job may hold at once; the ledger's W and S. */
export interface JobShare {
  /** Batches of pixels. */
  readonly window: number;
  /** Segments. */
  readonly openSegments: number;
}

/** A credit as the reconciler sees it. */
export interface SeenCredit {
  readonly k: BatchKey;
  readonly tok: string;
  /** The state of its batch; `drop` where the credit is to be given back. */
  readonly st: "drop" | "wanted" | "held" | "ready" | "enhanced" | "done";
  /** The delivery that decodes its segment, where that one took the credit. */
  readonly by?: string;
}

/** The job's record as it stands, undecoded numbers and all; see `common.lua`. */
export type JobRecord = Readonly<Record<string, string>>;

/**
 * What is done of every job, in Redis. The ledger decides and queues only hint: every stage asks it before working and
 * commits through it after. Each method is one script, atomic, and safe to call twice: the client sends a script again
 * when its connection broke before the answer.
 */
export type Ledger = ReturnType<typeof createLedger>;

export function createLedger(redis: RedisClient, site: string) {
  const scripts = loadScripts(redis);
  const call = async <A>(
    name: LedgerScript,
    job: JobId,
    ...args: (string | number)[]
  ): Promise<A> => JSON.parse(String(await scripts[name](ledgerKeys(job), args))) as A;
  const siteKeys = grantKeys(site);

  return {
    accept: (job: JobId, acceptedAt: string, run = 1) =>
      call<Answer<"ok" | "known">>("accept", job, acceptedAt, run),

    /** Another run of a job that has ended; the caller enqueues what is due. */
    retry: (job: JobId, run: number) =>
      call<Answer<"ok" | "running" | "unknown">>("retry", job, run),

    /** What a retry can adopt of the job as it stands. */
    keep: (job: JobId) =>
      call<
        | Answer<
            "ok",
            { ep: string; roll: string; parts?: string[]; batches?: InferredBatch[]; ended: number }
          >
        | Answer<"none">
      >("keep", job),

    validate: (job: JobId) =>
      call<Answer<"ok", { run: number; kept?: string }> | Answer<"planned" | "skip"> | Gone>(
        "validate",
        job,
      ),

    /** Nothing new starts; what runs may commit. */
    pause: (job: JobId) =>
      call<Answer<"ok"> | Answer<"ended", { st: JobState }> | Answer<"unknown">>("pause", job),

    /** The job goes on: the caller enqueues what is due, for `ep` where there is a plan. */
    resume: (job: JobId) =>
      call<Answer<"ok", { ep?: string }> | Answer<"ended", { st: JobState }> | Answer<"unknown">>(
        "resume",
        job,
      ),

    plan: (job: JobId, ep: string, plan: PlanOptions) =>
      call<Answer<"ok"> | Answer<"planned", { ep: string }> | Gone>(
        "plan",
        job,
        ep,
        JSON.stringify({
          ...plan,
          steps: orderOf(plan.steps),
          enhance: plan.enhance ? 1 : 0,
          auto: plan.auto ? 1 : 0,
          priority: plan.priority ?? DEFAULT_PRIORITY,
          startedAt: new Date().toISOString(),
        }),
      ),

    /** More workers came: jobs whose plan is `auto` may hold more. */
    widen: (job: JobId, ep: string, { window, openSegments }: JobShare) =>
      call<Answer<"ok"> | Gone>("widen", job, ep, window, openSegments),

    segBegin: (job: JobId, ep: string, segment: number, lease: string, by: string, tag = 0) =>
      call<
        | Answer<"ok" | "exhausted", { mode: SegmentMode; batches: number; frames: number }>
        | Answer<"skip">
        | Gone
      >("seg-begin", job, ep, segment, lease, by, new Date().toISOString(), tag),

    acquire: (
      job: JobId,
      ep: string,
      segment: number,
      lease: string,
      batch: number,
      tok: string,
      bytes: number,
    ) =>
      call<
        Answer<"ok" | "skip" | "wait"> | Answer<"drop", { k: BatchKey; tok: string }> | Stale | Gone
      >("acquire", job, ep, segment, lease, batch, tok, bytes),

    /** Batch `batch` has results of an earlier run: `ok` when it is done by that, `part` when ranges are left. */
    adopt: (job: JobId, ep: string, segment: number, lease: string, batch: InferredBatch) =>
      call<Answer<"ok" | "part" | "skip"> | Stale | Gone>(
        "adopt",
        job,
        ep,
        segment,
        lease,
        parseBatchKey(batch.k).batch,
        batch.frames,
        JSON.stringify(batch.ranges),
      ),

    publish: (
      job: JobId,
      ep: string,
      segment: number,
      lease: string,
      batch: number,
      tok: string,
      frames: number,
      sum: number,
    ) =>
      call<Answer<"ok", { vt: number }> | Answer<"retry"> | Stale | Gone>(
        "publish",
        job,
        ep,
        segment,
        lease,
        batch,
        tok,
        frames,
        sum,
      ),

    segEnd: (job: JobId, ep: string, segment: number, lease: string, end: SegmentEnd) =>
      call<Answer<"ok" | "again"> | Stale | Gone>(
        "seg-end",
        job,
        ep,
        segment,
        lease,
        end.batches,
        end.missing?.frames ?? 0,
        end.missing?.reason ?? "",
        end.warning ?? "",
        end.shown ?? "",
        end.timeline ?? "",
      ),

    /** The holder stops for no fault of the segment: told to, or for want of a store. Its attempt does not count. */
    segHandBack: (job: JobId, ep: string, segment: number, lease: string) =>
      call<Answer<"ok"> | Stale | Gone>("seg-hand-back", job, ep, segment, lease),

    /** The decoder failed on the segment. */
    segFail: (job: JobId, ep: string, segment: number, lease: string) =>
      call<Answer<"ok"> | Stale | Gone>("seg-fail", job, ep, segment, lease),

    /** The holder has had its turn: the segment is due again behind those that wait. */
    segYield: (job: JobId, ep: string, segment: number, lease: string) =>
      call<Answer<"ok"> | Stale | Gone>("seg-yield", job, ep, segment, lease),

    fallback: (
      job: JobId,
      ep: string,
      segment: number,
      lease: string,
      newEp: string,
      total: number,
    ) => call<Answer<"ok"> | Stale | Gone>("fallback", job, ep, segment, lease, newEp, total),

    /**
     * The plan is given up and another is to be made.
     *
     * @param kept the object that tells what the next epoch can adopt, or empty: where there is such a thing, or nothing
     * of it is left, what `ep` left was lost. Absent: nothing was, and nothing can be adopted
     */
    replan: (job: JobId, ep: string, kept?: string) =>
      call<Answer<"ok"> | Answer<"exhausted"> | Gone>(
        "replan",
        job,
        ep,
        kept === undefined ? 0 : 1,
        kept ?? "",
      ),

    begin: (job: JobId, ep: string, k: BatchKey, lease: string, stage: "enhance" | "infer") =>
      call<
        | Answer<
            "run",
            { f: number; t: number; solo?: 1; tok: string; sum: string; frames: number }
          >
        | Answer<"drop", { tok: string }>
        | Answer<"skip">
        | Gone
      >("begin", job, ep, k, lease, stage),

    handBack: (job: JobId, ep: string, k: BatchKey, lease: string, stage: "enhance" | "infer") =>
      call<Answer<"ok"> | Stale | Gone>("hand-back", job, ep, k, lease, stage),

    enhCommit: (job: JobId, ep: string, k: BatchKey, lease: string, sum: number) =>
      call<Answer<"ok"> | Stale | Gone>("enh-commit", job, ep, k, lease, sum),

    commit: (
      job: JobId,
      ep: string,
      k: BatchKey,
      lease: string,
      f: number,
      t: number,
      ref: string,
    ) =>
      call<Answer<"more"> | Answer<"done", { tok: string }> | Stale | Gone>(
        "commit",
        job,
        ep,
        k,
        lease,
        f,
        t,
        ref,
      ),

    returned: (job: JobId, ep: string, k: BatchKey, tok: string) =>
      call<Answer<"ok"> | Stale>("returned", job, ep, k, tok),

    unhold: (job: JobId, ep: string, k: BatchKey, tok: string) =>
      call<Answer<"ok"> | Stale | Gone>("unhold", job, ep, k, tok),

    lost: (job: JobId, ep: string, k: BatchKey, lease: string) =>
      call<Answer<"ok"> | Stale | Gone>("lost", job, ep, k, lease),

    trackBegin: (job: JobId, ep: string, limit: number) =>
      call<Answer<"run", TrackRun> | Answer<"none"> | Gone>("track-begin", job, ep, limit),

    trackCommit: (
      job: JobId,
      ep: string,
      run: Pick<TrackRun, "cs" | "cb">,
      batches: number,
      ck: string,
      ord: number,
      part: string,
    ) =>
      call<Answer<"ok", { expired?: string[] }> | Stale | Gone>(
        "track-commit",
        job,
        ep,
        run.cs,
        run.cb,
        batches,
        ck,
        ord,
        part,
      ),

    rollUp: (job: JobId, ep: string, previous: string, parts: number, ref: string) =>
      call<Answer<"ok"> | Stale | Gone>("roll-up", job, ep, previous, parts, ref),

    readParts: (job: JobId, ep: string) =>
      call<
        Answer<"ok", { roll: string; parts?: string[]; ck: string; ord: number; st: string }> | Gone
      >("read-parts", job, ep),

    /** Whether the stage is to start: not while the job is paused, nor once it is done. */
    postBegin: (job: JobId, ep: string, stage: LateStep) =>
      call<Answer<"run" | "skip"> | Gone>("post-begin", job, ep, stage),

    postCommit: (job: JobId, ep: string, stage: ReportStep, ref: string) =>
      call<Answer<"ok"> | Gone>("post-commit", job, ep, stage, ref),

    /** Nothing may start for the job any more; `tasks` are those that may wait for it. */
    cancelling: (job: JobId) =>
      call<
        | Answer<"ok", { ep?: string; tasks?: readonly Due[] }>
        | Answer<"ended", { st: JobState }>
        | Answer<"unknown">
      >("cancelling", job),

    /** The run ends; without a number, whichever it is. */
    end: (job: JobId, end: JobEnd, retentionSeconds: number) =>
      call<Answer<"ok" | "stale"> | Answer<"ended", { st: JobState }> | Answer<"unknown">>(
        "end",
        job,
        end.state,
        end.finishedAt,
        end.problem ? JSON.stringify(end.problem) : "",
        retentionSeconds,
        end.run ?? "",
      ),

    /** Everything that is due now; `ep` where there is a plan and work goes on, `ended` once it is over for good. */
    due: (job: JobId) => call<Answer<"ok", { ep?: string; ended?: JobState }>>("due", job),

    /** What the reconciler holds against queues and stores. */
    inspect: (job: JobId) =>
      call<
        | Answer<"running", { ep: string; credits?: SeenCredit[] } & Partial<JobShare>>
        | Answer<"ended", { st: JobState }>
        | Answer<"unplanned" | "cancelling" | "unknown">
      >("inspect", job),

    /** Undefined when Redis does not know the job. */
    async read(job: JobId): Promise<JobRecord | undefined> {
      const record = await redis.hgetall(jobKey(job));
      return Object.keys(record).length === 0 ? undefined : record;
    },

    async grant(id: string, tok: string, bytes: number, budget: number): Promise<"ok" | "wait"> {
      return (await scripts.grant(siteKeys, [id, tok, bytes, budget])) === "ok" ? "ok" : "wait";
    },

    async release(id: string, tok: string): Promise<void> {
      await scripts.release(siteKeys, [id, tok]);
    },

    /** The token of every grant by its id. Sets the total right on the way. */
    async grants(): Promise<Map<string, string>> {
      const flat = (await scripts.grants(siteKeys, [])) as string[];
      const grants = new Map<string, string>();
      for (let i = 0; i < flat.length; i += 2) {
        grants.set(flat[i]!, flat[i + 1]!.slice(0, flat[i + 1]!.lastIndexOf("|")));
      }
      return grants;
    },

    /** Every grant below `prefix`: `J/` or `J/ep/`. */
    async releaseAll(prefix: string): Promise<void> {
      await scripts["release-job"](siteKeys, [prefix]);
    },

    /** Frames rendered so far, for progress only. */
    async noteRendered(job: JobId, frames: number): Promise<void> {
      await redis.hset(jobKey(job), "rendered", frames);
    },
  };
}
