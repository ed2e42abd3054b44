import {
  type BatchKey,
  batchKey,
  type CutMessage,
  type DecodeMessage,
  type EnhanceMessage,
  type FinalizeMessage,
  type IndexMessage,
  type InferMessage,
  type LookMessage,
  type RenderMessage,
  type TrackMessage,
} from "@framequeue/contracts";
import { grantId, payloadOf } from "../protocol/payloads.ts";
import { reconcileJob } from "../reconcile/reconcile-job.ts";
import { reconcileStores } from "../reconcile/reconcile-stores.ts";
import type { Suspects } from "../reconcile/suspects.ts";
import type { World, WorldTask } from "./schedule-world.ts";

// The stages, reduced to what they say to the ledger and the stores, in the order in which the services say it. Each
// `yield` is a point where the process may die; between two of them lies one script or one store operation.

/** Where an actor stands; `die` where the work itself takes the process with it. */
export type Step = string;
export type Actor = AsyncGenerator<Step, void>;
export const DIE: Step = "die";

const NOW = "2026-01-01T00:00:00Z";

/** One delivery, as the stage runner handles it. */
export async function* deliver(world: World, task: WorldTask): Actor {
  const repeated = task.started > 1;
  if (repeated) yield* repair(world);
  yield* handle(world, task);
  if (repeated) yield* repair(world);
}

async function* repair(world: World): Actor {
  const { ep, ended, due } = await world.ledger.due(world.job);
  yield "due";
  if (ended !== undefined) yield* clear(world);
  yield* world.enqueue(ep ?? "", due);
}

function handle(world: World, { message, started, id }: WorldTask): Actor {
  switch (message.stage) {
    case "decode":
      return decode(world, message, `${id}#${started}`);
    case "enhance":
      return enhance(world, message);
    case "infer":
      return infer(world, message);
    case "track":
      return track(world, message);
    case "cut":
    case "look":
    case "index":
    case "render":
      return post(world, message);
    case "finalize":
      return finalize(world, message);
    case "ingest":
      return ingest(world);
    case "fetch":
      throw new Error("A schedule's source is there.");
  }
}

/** A schedule begins with a plan; here is another, where nobody could go on with that. */
async function* ingest(world: World): Actor {
  const { job, ledger } = world;
  const validated = await ledger.validate(job);
  yield `validate ${validated.a}`;
  if (validated.a === "planned") yield* repair(world);
  if (validated.a !== "ok") return;
  const epoch = world.token();
  world.plans.set(epoch, { mode: "parallel", segments: world.segments(), adopted: new Map() });
  yield "put plan";
  const planned = await ledger.plan(job, epoch, world.planOptions());
  yield `plan ${planned.a}`;
  if (planned.a === "ok") yield* world.enqueue(epoch, planned.due);
  else world.plans.delete(epoch);
}

async function* decode(world: World, message: DecodeMessage, by: string): Actor {
  const { job, epoch, segment } = message;
  const plan = world.plans.get(epoch);
  if (plan === undefined) return;
  const lease = world.token();
  const begun = await world.ledger.segBegin(job, epoch, segment, lease, by);
  yield `segBegin ${begun.a}`;
  if (begun.a === "exhausted") throw new Error("No holder of a segment failed so often.");
  if (begun.a !== "ok") return;
  for (;;) {
    const batches = plan.segments[segment]!;
    for (const [batch, frames] of batches.entries()) {
      const last = batch === batches.length - 1;
      if (last && plan.mode === "parallel" && segment === world.scenario.liar) {
        yield* fallBack(world, message, lease);
        return;
      }
      if (world.scenario.yields && world.random.chance(0.1)) {
        yield* yieldTurn(world, message, lease);
        return;
      }
      const taken = yield* adopt(world, message, lease, batch);
      if (taken === "stop") return;
      if (taken === "done") continue;
      if (!(yield* publish(world, message, lease, batch, frames))) return;
    }
    const end = { batches: batches.length };
    const ended = await world.ledger.segEnd(job, epoch, segment, lease, end);
    yield `segEnd ${ended.a}`;
    if (ended.a === "again") continue;
    yield* world.enqueue(epoch, ended.due);
    return;
  }
}

async function* yieldTurn(
  world: World,
  { job, epoch, segment }: DecodeMessage,
  lease: string,
): Actor {
  const answer = await world.ledger.segYield(job, epoch, segment, lease);
  yield `segYield ${answer.a}`;
  if (answer.a === "ok") yield* world.enqueue(epoch, answer.due);
}

/** Whether a batch is done by an earlier run, is to be published, or is nobody's business here any more. */
async function* adopt(
  world: World,
  { job, epoch, segment }: DecodeMessage,
  lease: string,
  batch: number,
): AsyncGenerator<Step, "done" | "publish" | "stop"> {
  const adopted = world.plans.get(epoch)?.adopted.get(batchKey({ segment, batch }));
  if (adopted === undefined) return "publish";
  const answer = await world.ledger.adopt(job, epoch, segment, lease, adopted);
  yield `adopt ${adopted.k} ${answer.a}`;
  if (answer.a === "stale" || answer.a === "gone") return "stop";
  yield* world.enqueue(epoch, answer.due);
  return answer.a === "part" ? "publish" : "done";
}

/** Whether the caller goes on with the segment. */
async function* publish(
  world: World,
  { job, epoch, segment }: DecodeMessage,
  lease: string,
  batch: number,
  frames: readonly number[],
): AsyncGenerator<Step, boolean> {
  const k = batchKey({ segment, batch });
  for (;;) {
    const tok = world.token();
    const acquired = await world.ledger.acquire(job, epoch, segment, lease, batch, tok, 1);
    yield `acquire ${k} ${acquired.a}`;
    if (acquired.a === "stale" || acquired.a === "gone") return false;
    if (acquired.a === "wait") continue;
    if (acquired.a === "skip") {
      yield* world.enqueue(epoch, acquired.due);
      return true;
    }
    if (acquired.a === "drop") {
      yield* clearPayload(world, epoch, acquired.k, acquired.tok);
      await world.ledger.unhold(job, epoch, acquired.k, acquired.tok);
      yield "unhold";
      continue;
    }
    for (let granted = "wait"; granted === "wait";) {
      granted = await world.ledger.grant(grantId(job, epoch, k), tok, 1, world.scenario.budget);
      yield `grant ${k} ${granted}`;
    }
    world.payloads.set(payloadOf(job, epoch, k, "a"), frames.map(String));
    yield `put ${k}`;
    const published = await world.ledger.publish(
      job,
      epoch,
      segment,
      lease,
      batch,
      tok,
      frames.length,
      0,
    );
    yield `publish ${k} ${published.a}`;
    if (published.a === "ok") {
      yield* world.enqueue(epoch, published.due);
      return true;
    }
    if (published.a === "gone") yield* clearPayload(world, epoch, k, tok);
    if (published.a !== "retry") return false;
  }
}

async function* fallBack(
  world: World,
  { job, epoch, segment }: DecodeMessage,
  lease: string,
): Actor {
  const fresh = world.token();
  const parallel = world.plans.get(epoch)!;
  world.plans.set(fresh, {
    mode: "sequential",
    segments: [parallel.segments.flat()],
    adopted: new Map(),
  });
  yield "put plan";
  const answer = await world.ledger.fallback(job, epoch, segment, lease, fresh, 0);
  yield `fallback ${answer.a}`;
  if (answer.a !== "ok") {
    world.plans.delete(fresh);
    yield "delete plan";
    return;
  }
  yield* world.enqueue(fresh, answer.due);
  yield* clearEpoch(world, epoch);
}

async function* enhance(world: World, { job, epoch, batch: k }: EnhanceMessage): Actor {
  const lease = world.token();
  const begun = await world.ledger.begin(job, epoch, k, lease, "enhance");
  yield `begin ${k} ${begun.a}`;
  yield* world.enqueue(epoch, begun.due);
  if (begun.a === "drop") yield* drop(world, epoch, k, begun.tok);
  if (begun.a !== "run") return;
  const decoded = world.payloads.get(payloadOf(job, epoch, k, "a"));
  if (decoded === undefined) {
    yield* lose(world, epoch, k, lease, begun.tok);
    return;
  }
  world.payloads.set(
    payloadOf(job, epoch, k, "b"),
    decoded.map((frame) => `${frame}e`),
  );
  yield `put ${k} b`;
  const committed = await world.ledger.enhCommit(job, epoch, k, lease, 0);
  yield `enhCommit ${k} ${committed.a}`;
  if (committed.a !== "ok") return;
  yield* world.enqueue(epoch, committed.due);
  world.payloads.delete(payloadOf(job, epoch, k, "a"));
  yield `delete ${k} a`;
}

async function* infer(world: World, { job, epoch, batch: k }: InferMessage): Actor {
  if (!world.plans.has(epoch)) return;
  if (world.scenario.replans && world.random.chance(0.05)) {
    yield* replan(world, epoch);
    return;
  }
  for (;;) {
    const lease = world.token();
    const begun = await world.ledger.begin(job, epoch, k, lease, "infer");
    yield `begin ${k} ${begun.a}`;
    yield* world.enqueue(epoch, begun.due);
    if (begun.a === "drop") yield* drop(world, epoch, k, begun.tok);
    if (begun.a !== "run") return;
    const variant = world.scenario.enhance ? "b" : "a";
    const frames = world.payloads.get(payloadOf(job, epoch, k, variant))?.slice(begun.f, begun.t);
    if (frames === undefined) {
      yield* lose(world, epoch, k, lease, begun.tok);
      return;
    }
    if (frames.some((frame) => Number.parseInt(frame) === world.scenario.poison)) yield DIE;
    const ref = world.put("infer", frames);
    const committed = await world.ledger.commit(job, epoch, k, lease, begun.f, begun.t, ref);
    yield `commit ${k} ${committed.a}`;
    if (committed.a === "done") {
      yield* world.enqueue(epoch, committed.due);
      yield* drop(world, epoch, k, committed.tok);
    }
    if (committed.a !== "more") return;
  }
}

/**
 * What a process of another numeric class does; and with `kept`, whoever finds lost what the steps before left. Nothing
 * is adopted here: that changes no row.
 */
async function* replan(world: World, epoch: string, kept?: string): Actor {
  const replanned = await world.ledger.replan(world.job, epoch, kept);
  yield `replan ${replanned.a}`;
  yield* world.enqueue("", replanned.due);
  if (replanned.a === "ok") yield* clearEpoch(world, epoch);
}

async function* clearEpoch(world: World, epoch: string): Actor {
  world.deletePayloads(`${world.job}/${epoch}`);
  yield "delete payloads";
  await world.ledger.releaseAll(`${world.job}/${epoch}/`);
  yield "release all";
}

/** Parts that are listed by name before they move into a manifest; few, so that it happens. */
const LISTED_PARTS = 2;

async function* track(world: World, { job, epoch }: TrackMessage): Actor {
  if (!world.plans.has(epoch)) return;
  const run = await world.ledger.trackBegin(job, epoch, 2);
  yield `trackBegin ${run.a}`;
  yield* world.enqueue(epoch, run.due);
  if (run.a !== "run") return;
  if (world.scenario.replans && world.random.chance(0.05)) {
    yield* replan(world, epoch, "");
    return;
  }
  if (run.parts >= LISTED_PARTS) yield* rollUp(world, epoch, run.roll);
  const rows = run.batches.flatMap(({ ranges }) =>
    ranges.flatMap(({ f, t, ref }) =>
      ref === undefined ? Array.from({ length: t - f }, () => "gap") : [...world.get(ref)],
    ),
  );
  const before = run.ck === "" ? [] : world.get(run.ck);
  const checkpoint = world.put("checkpoint", [...before, ...rows]);
  const ord = run.ord + rows.length;
  const part = world.put("part", rows);
  const committed = await world.ledger.trackCommit(
    job,
    epoch,
    run,
    run.batches.length,
    checkpoint,
    ord,
    part,
  );
  yield `trackCommit ${run.cs}.${run.cb} ${committed.a}`;
  if (committed.a === "ok") yield* world.enqueue(epoch, committed.due);
}

async function* rollUp(world: World, epoch: string, roll: string): Actor {
  const listed = await world.ledger.readParts(world.job, epoch);
  yield "readParts";
  if (listed.a !== "ok" || listed.roll !== roll) return;
  const parts = listed.parts ?? [];
  const ref = world.put("manifest", [listed.roll, ...parts]);
  await world.ledger.rollUp(world.job, epoch, roll, parts.length, ref);
  yield "rollUp";
}

type PostMessage = CutMessage | LookMessage | IndexMessage | RenderMessage;

async function* post(world: World, { job, epoch, stage }: PostMessage): Actor {
  if (!world.plans.has(epoch)) return;
  const begun = await world.ledger.postBegin(job, epoch, stage);
  yield `begin ${begun.a}`;
  yield* world.enqueue(epoch, begun.due);
  if (begun.a !== "run") return;
  if (world.scenario.replans && world.random.chance(0.05)) {
    yield* replan(world, epoch, "");
    return;
  }
  // Each of these needs what the one before left; a Redis that went back may have forgotten it.
  const record = await world.ledger.read(job);
  yield "read";
  if (stage === "look" && record?.["cut"] === undefined) return;
  if (stage === "index" && record?.["vw"] === "1" && record["look"] === undefined) return;
  const listed = await world.ledger.readParts(job, epoch);
  yield "readParts";
  if (listed.a !== "ok") return;
  const parts = [...(listed.parts ?? [])];
  for (let ref = listed.roll; ref !== "";) {
    const [previous, ...older] = world.get(ref);
    parts.unshift(...older);
    ref = previous!;
  }
  const ref = world.put(
    stage,
    parts.flatMap((part) => world.get(part)),
  );
  const committed = await world.ledger.postCommit(job, epoch, stage, ref);
  yield `postCommit ${stage} ${committed.a}`;
  yield* world.enqueue(epoch, committed.due);
}

async function* finalize(world: World, { job, epoch }: FinalizeMessage): Actor {
  if (!world.plans.has(epoch)) return;
  const begun = await world.ledger.postBegin(job, epoch, "finalize");
  yield `begin ${begun.a}`;
  if (begun.a !== "run") return;
  const record = await world.ledger.read(job);
  yield "read";
  if (record?.["st"] !== "tracked" || record["ep"] !== epoch) return;
  if (record["index"] === undefined || (record["ren"] === "1" && record["render"] === undefined)) {
    return;
  }
  world.truth.result = record;
  yield "put result";
  yield* endJob(world);
}

/** What `clearWork` of the jobs does; results stay. */
async function* clear(world: World): Actor {
  world.deletePayloads(world.job);
  yield "delete payloads";
  await world.ledger.releaseAll(`${world.job}/`);
  yield "release all";
  world.plans.clear();
  yield "delete plans";
}

async function* clearPayload(world: World, epoch: string, k: BatchKey, tok: string): Actor {
  const id = grantId(world.job, epoch, k);
  world.deletePayloads(id);
  yield `delete ${k}`;
  await world.ledger.release(id, tok);
  yield `release ${k}`;
}

async function* drop(world: World, epoch: string, k: BatchKey, tok: string): Actor {
  yield* clearPayload(world, epoch, k, tok);
  await world.ledger.returned(world.job, epoch, k, tok);
  yield `returned ${k}`;
}

async function* lose(world: World, epoch: string, k: BatchKey, lease: string, tok: string): Actor {
  yield* clearPayload(world, epoch, k, tok);
  const { a, due } = await world.ledger.lost(world.job, epoch, k, lease);
  yield `lost ${k} ${a}`;
  yield* world.enqueue(epoch, due);
}

/** One pass of the reconciler: its own code on the simulated queues and stores, and what it does for jobs that are over. */
export async function* reconcilePass(world: World, suspects: Suspects): Actor {
  const { job, ledger, queues, frames, truth, scenario } = world;
  const share = { window: scenario.window + 1, openSegments: scenario.openSegments + 1 };
  suspects.begin();
  const deliveries = world.deliveries("decode");
  yield "look at deliveries";
  const seen = yield* reconcileJob({ ledger, queues, frames, suspects, deliveries, share }, job);
  if (truth.cancelled && seen !== "ended" && suspects.see("cancelled")) yield* cancel(world);
  if (typeof seen === "object" && !world.plans.has(seen.epoch) && truth.result) {
    yield* endJob(world);
  }
  if (seen === "ended") yield* clear(world);
  yield* reconcileStores(
    { ledger, frames, suspects },
    typeof seen === "object" ? seen.held : new Set(),
  );
}

async function* endJob(world: World): Actor {
  const ended = await world.ledger.end(world.job, { state: "succeeded", finishedAt: NOW }, 3600);
  yield `end ${ended.a}`;
  // A cancellation came between result and end, and beats it.
  if (ended.a === "ended" && ended.st.startsWith("cancel")) delete world.truth.result;
  yield* clear(world);
}

/** What the API does to cancel the job, and again as long as its tombstone stands. */
export async function* cancel(world: World): Actor {
  // A job whose result stands without a tombstone has ended, whatever Redis says.
  if (world.truth.result !== undefined && !world.truth.cancelled) return;
  world.truth.cancelled = true;
  yield "put tombstone";
  const found = await world.ledger.cancelling(world.job);
  yield `cancelling ${found.a}`;
  if (found.a === "ended" && found.st !== "cancelled") {
    world.truth.cancelled = false;
    yield "delete tombstone";
    return;
  }
  yield* clear(world);
  await world.ledger.end(world.job, { state: "cancelled", finishedAt: NOW }, 3600);
  yield "end";
}

export async function* pause(world: World): Actor {
  const { a } = await world.ledger.pause(world.job);
  yield `pause ${a}`;
}

export async function* resume(world: World): Actor {
  const { a, ep, due } = { ep: undefined, ...(await world.ledger.resume(world.job)) };
  yield `resume ${a}`;
  if (ep !== undefined) yield* world.enqueue(ep, due);
}
