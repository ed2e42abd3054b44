import {
  inferResultSchema,
  type DecodeMessage,
  type EnhanceMessage,
  type FinalizeMessage,
  type InferMessage,
  type JobResult,
  type Message,
  type MessageOf,
  type PartRow,
  ProblemError,
  type ReportStep,
  type TrackMessage,
} from "@framequeue/contracts";
import { payloadChecksum } from "@framequeue/frames";
import { contentName } from "@framequeue/storage";
import { objectKeys } from "../ledger/keys.ts";
import { hasStep } from "../ledger/late-steps.ts";
import type { BatchRange } from "../ledger/ledger.ts";
import { runOf } from "../jobs/job-view.ts";
import type { Pipeline } from "../pipeline.ts";
import { inferRanges, replacePixels } from "../protocol/batch.ts";
import { moveCursor } from "../protocol/cursor.ts";
import { readIntermediate, readIntermediateJson } from "../protocol/intermediates.ts";
import { readRows } from "../protocol/parts.ts";
import { planJob } from "../protocol/planning.ts";
import { type HeldSegment, holdSegment, type Passed } from "../protocol/segment.ts";
import { finishJob, runStep } from "../protocol/step.ts";
import type { TaskContext } from "../protocol/task-context.ts";
import { isOurs } from "../protocol/worker-class.ts";
import { type Actor, DIE } from "./schedule-actor.ts";
import type { World } from "./schedule-world.ts";

// What stands in the place of decoders, networks, trackers and writers, and nothing else: everything that is said to
// others is said by the product's own functions.

interface Stage {
  readonly world: World;
  readonly pipeline: Pipeline;
  readonly actor: Actor;
}

/** Parts that are listed by name before they move into a manifest, and batches of a commit; few, so that it happens. */
const CURSOR = { listedParts: 2, runBatches: 2 } as const;

/** The work of one delivery. */
export function work(stage: Stage, message: Message, context: TaskContext): Promise<void> {
  switch (message.stage) {
    case "ingest":
      return planJob(stage.pipeline, message, {
        draw: async () => stage.world.draw(),
        describe: async (_, plan) => stage.world.planOptions(plan),
      });
    case "decode":
      return decode(stage, message, context);
    case "enhance":
      return enhance(stage, message, context);
    case "infer":
      return infer(stage, message, context);
    case "track":
      return track(stage, message, context);
    case "cut":
    case "look":
    case "index":
    case "render":
      return report(stage, message);
    case "finalize":
      return finalize(stage, message);
    case "fetch":
      throw new Error("A schedule's source is there.");
  }
}

/** Nobody knows why. */
function stumble({ world }: Stage): void {
  if (world.isUnlucky()) throw new Error("The work failed.");
}

async function decode(stage: Stage, message: DecodeMessage, context: TaskContext): Promise<void> {
  await holdSegment(stage.pipeline, message, context, {
    pass: (held) => pass(stage, held),
    giveUp: async (held, { batches }) =>
      held.mayFallBack ? startedOver(true) : { is: "at its end", batches },
  });
}

function startedOver(oneThread: boolean): Passed {
  return { is: "not to be trusted", oneThread, frames: 0 };
}

async function pass(stage: Stage, held: HeldSegment): Promise<Passed> {
  const { world } = stage;
  const { scenario, random } = world;
  const { plan } = held.facts;
  const batches = world.batchesOf(plan, held.message.segment);
  const publisher = held.publisher();
  for (const [batch, frames] of batches.entries()) {
    await publisher.settled();
    held.context.signal.throwIfAborted();
    stumble(stage);
    if (frames.includes(scenario.broken ?? -1)) {
      throw new ProblemError("frame-undecodable", "The decoder died.");
    }
    const isLast = batch === batches.length - 1;
    if (isLast && plan.mode === "parallel" && held.message.segment === scenario.liar) {
      return startedOver(random.chance(0.5));
    }
    // It looked whole, and then it is not.
    const isLiar = scenario.liar !== undefined && plan.mode === "sequential" && held.mayFallBack;
    if (isLast && isLiar && random.chance(0.5)) return startedOver(true);
    if (scenario.yields && random.chance(0.1)) return { is: "out of turn" };
    if (await held.isAdopted(batch, frames.length)) continue;
    publisher.publish(batch, frames, world.paint(frames));
  }
  await publisher.settled();
  return { is: "at its end", batches: batches.length };
}

async function enhance(stage: Stage, message: EnhanceMessage, context: TaskContext): Promise<void> {
  await replacePixels(stage.pipeline, message, context, async ({ header, pixels }) => {
    stumble(stage);
    const enhanced = stage.world.enhanced(pixels);
    return { pixels: enhanced, header: { ...header, crc32: payloadChecksum(enhanced) } };
  });
}

async function infer(stage: Stage, message: InferMessage, context: TaskContext): Promise<void> {
  const { world, pipeline, actor } = stage;
  const { scenario, random } = world;
  const facts = await pipeline.facts(message.job, message.epoch);
  if (facts === undefined) return;
  const numericClass = scenario.replans && random.chance(0.05) ? "gpu" : "cpu";
  if (!(await isOurs({ ...pipeline, numericClass }, facts, message))) return;
  await inferRanges(pipeline, message, context, {
    variant: scenario.enhance ? "b" : "a",
    isSuspect: context.suspect,
    gate: { share: (range) => range(), alone: (range) => range() },
    async infer({ batch, from, to }) {
      stumble(stage);
      const seen = Array.from({ length: to - from }, (_, i) => world.look(batch.pixels, from + i));
      if (seen.some(({ frame }) => frame === scenario.poison)) await actor.call(DIE, () => {});
      return {
        v: 1,
        pts: batch.header.pts.slice(from, to),
        frames: seen.map(({ detections }) => detections),
      };
    },
  });
}

async function track(stage: Stage, message: TrackMessage, context: TaskContext): Promise<void> {
  const { objects } = stage.pipeline;
  await moveCursor({ ...stage.pipeline, ...CURSOR }, message, context, async (run) => {
    stumble(stage);
    const before =
      run.ck === ""
        ? []
        : (JSON.parse((await readIntermediate(objects, run.ck)).toString()) as string[]);
    if (before.length !== run.ord) throw new Error("The checkpoint is of another frame.");
    const seen = await Promise.all(
      run.batches.flatMap(({ ranges }) => ranges).map((range) => rowsOf(objects, range)),
    );
    const rows = seen.flat().map((row, i): PartRow => ({ ...row, frame: run.ord + i }));
    return { rows, checkpoint: JSON.stringify([...before, ...rows.map(wordOf)]) };
  });
}

async function rowsOf(objects: Pipeline["objects"], { f, t, ref }: BatchRange): Promise<PartRow[]> {
  if (ref === undefined) {
    return Array.from({ length: t - f }, () => ({ frame: 0, gap: "inference-error" as const }));
  }
  const { pts, frames } = await readIntermediateJson(objects, ref, inferResultSchema);
  return frames.map((detections, i) => ({ frame: 0, pts: pts[i]!, detections, tracks: [] }));
}

/** What a row says of its frame. */
export function wordOf(row: PartRow): string {
  if ("gap" in row) return "gap";
  const [frame, isEnhanced] = row.detections[0]!;
  return `${frame}${isEnhanced === 1 ? "e" : ""}`;
}

async function report(stage: Stage, message: MessageOf<ReportStep>): Promise<void> {
  const { pipeline } = stage;
  await runStep(pipeline, message, async ({ job, epoch, record }) => {
    stumble(stage);
    fail(stage, runOf(record));
    // Each of these needs what the one before left; a Redis that went back may have forgotten it.
    if (message.stage === "look" && record["cut"] === undefined) return undefined;
    const needsLook = message.stage === "index" && hasStep(record, "look");
    if (needsLook && record["look"] === undefined) return undefined;
    const rows = await Array.fromAsync(readRows(pipeline, job.id, epoch));
    return { rows: rows.map(wordOf) };
  });
}

/** The source turns out to be another one: no attempt mends that, and a retry does once it is put back. */
function fail({ world }: Stage, run: number): void {
  if (!world.scenario.retries || run !== 1 || world.isCalm) return;
  if (world.random.chance(0.5)) throw new ProblemError("source-changed", "Another file.");
}

async function finalize({ pipeline }: Stage, message: FinalizeMessage): Promise<void> {
  const { objects } = pipeline;
  await finishJob(pipeline, message, async ({ job }, record) => {
    const artifacts: JobResult["artifacts"] = {};
    for (const step of ["cut", "look", "index", "render"]) {
      const ref = record[step];
      if (ref === undefined) continue;
      const body = await readIntermediate(objects, ref);
      const key = objectKeys.artifact(job.id, `${step}.json`, contentName(body));
      await objects.put(key, body, { durable: true });
      artifacts[step] = { key, bytes: body.length, sha256: contentName(body) };
    }
    const finishedAt = new Date().toISOString();
    const end = { v: 1, job: job.id, run: runOf(record), state: "succeeded", finishedAt } as const;
    return { result: { ...end, warnings: [], artifacts }, gaps: [] };
  });
}
