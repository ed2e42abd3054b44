import {
  type CutReport,
  cutReportSchema,
  encodeFeature,
  type LookMessage,
  type LookReport,
  ProblemError,
  type TrackView,
} from "@framequeue/contracts";
import { doPost, type PostWork, type TaskContext } from "@framequeue/pipeline";
import { isOurs } from "./numeric-class.ts";
import type { InferDeps } from "./infer-batch.ts";

/** Looks at the best views of every track, that index cut out of the source. */
export async function lookAtViews(
  deps: InferDeps,
  message: LookMessage,
  { signal, suspect }: TaskContext,
): Promise<void> {
  const facts = await deps.facts(message.job, message.epoch);
  if (facts === undefined || !(await isOurs(deps, facts, message))) return;
  await doPost(deps, message, async (work) => {
    const { record } = work;
    // A Redis that went back has the views cut again.
    if (record["cut"] === undefined) return undefined;
    const cut = cutReportSchema.parse(
      JSON.parse((await deps.objects.get(record["cut"])).toString()),
    );
    // What took a process with it may do so again.
    const look = (): Promise<LookReport> => lookAt(deps, work, cut, signal);
    return suspect ? deps.gate.alone(look) : deps.gate.share(look);
  });
}

async function lookAt(
  { objects, embedders }: InferDeps,
  { job, plan }: PostWork,
  { packs, views }: CutReport,
  signal: AbortSignal,
): Promise<LookReport> {
  const report: LookReport = { v: 1, views: views.map(() => ({})), failed: 0 };
  const embedder = job.models.find(({ role }) => role === "embedder");
  if (embedder === undefined) return report;
  await using loan = await embedders.borrow(
    embedder,
    plan.numeric?.tensorBatch[embedder.sha256] ?? 1,
  );
  for (const [pack, ref] of packs.entries()) {
    signal.throwIfAborted();
    const data = shared(await objects.get(ref));
    await Promise.all(
      views.map(async ({ pixels }, i) => {
        if (pixels?.pack !== pack) return;
        const picture = { data, ...pixels, layout: "gbrp", frames: 1 } as const;
        try {
          const [vector] = await loan.model.lookAtCrops(picture, [whole(pixels)], pixels, signal);
          report.views[i] = { ...report.views[i], feature: encodeFeature(vector!) };
        } catch (error) {
          if (!(error instanceof ProblemError) || error.code !== "inference-failed") throw error;
          report.failed++;
        }
      }),
    );
  }
  return report;
}

function whole({ width, height }: NonNullable<TrackView["pixels"]>) {
  return { frame: 0, box: [0, 0, width, height] } as const;
}

function shared(bytes: Uint8Array): SharedArrayBuffer {
  const data = new SharedArrayBuffer(bytes.length);
  new Uint8Array(data).set(bytes);
  return data;
}
