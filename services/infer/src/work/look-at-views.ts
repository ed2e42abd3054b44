import {
  type CutReport,
  cutReportSchema,
  encodeFeature,
  type LookMessage,
  type LookReport,
  type ModelRef,
  type PlannedModel,
  ProblemError,
  type TrackView,
} from "@framequeue/contracts";
import type { PictureModel } from "@framequeue/models";
import {
  checkStanding,
  isOurs,
  runStep,
  type StepWork,
  readIntermediate,
  readIntermediateJson,
  type TaskContext,
  trustWork,
} from "@framequeue/pipeline";
import { scoredLabels } from "./cascade.ts";
import type { InferDeps } from "./infer-batch.ts";
import { judging } from "./judge.ts";
import { tensorBatchOf } from "./look-at-rows.ts";
import type { ModelCache } from "../models/model-cache.ts";
import { wantedClasses } from "./result-rows.ts";

/** Looks at the best views of every track, that index cut out of the source. */
export async function lookAtViews(
  deps: InferDeps,
  message: LookMessage,
  { signal, suspect }: TaskContext,
): Promise<void> {
  const facts = await deps.facts(message.job, message.epoch);
  if (facts === undefined || !(await isOurs(deps, facts, message))) return;
  const { job, epoch } = message;
  const { isSuspect } = await checkStanding(deps, facts.job.models, job, WORK);
  const look = () =>
    runStep(deps, message, async (work) => {
      const { record } = work;
      // A Redis that went back has the views cut again.
      if (record["cut"] === undefined) return undefined;
      const cut = await readIntermediateJson(deps.objects, record["cut"], cutReportSchema);
      // What took a process with it may do so again.
      const run = (): Promise<LookReport> => lookAt(deps, work, cut, signal);
      return suspect || isSuspect ? deps.gate.alone(run) : deps.gate.share(run);
    });
  await judging(deps, { job, epoch, work: WORK }, look);
  if (isSuspect) await trustWork(deps, job, WORK);
}

/** Names the views of a job among its work. */
const WORK = "views";

async function lookAt(
  { objects, models }: InferDeps,
  { plan }: StepWork,
  { packs, views }: CutReport,
  signal: AbortSignal,
): Promise<LookReport> {
  const report: LookReport = {
    v: 1,
    views: views.map(() => ({})),
    failed: views.filter(({ pixels }) => pixels === undefined).length,
  };
  const looker = (wanted: ModelRef["role"]): PlannedModel | undefined =>
    plan.models.find(({ role, looksAt }) => role === wanted && looksAt.includes("views"));
  const [forVectors, forLabels] = [looker("embedder"), looker("classifier")];
  await using loans = new AsyncDisposableStack();
  const borrow = async <M>(cache: ModelCache<M>, ref: ModelRef | undefined) =>
    ref && loans.use(await cache.borrow(ref, tensorBatchOf(plan, ref))).model;
  const embedder = await borrow(models.embedders, forVectors);
  const classifier = await borrow(models.classifiers, forLabels);
  const embedded = wantedClasses(plan.labels, forVectors?.labels);
  const classified = wantedClasses(plan.labels, forLabels?.labels);

  for (const [pack, ref] of packs.entries()) {
    signal.throwIfAborted();
    const data = shared(await readIntermediate(objects, ref));
    const look = async <R>(model: PictureModel<R>, pixels: Pixels): Promise<R> => {
      const picture = { data, ...pixels, layout: "gbrp", frames: 1 } as const;
      const crop = { frame: 0, box: [0, 0, pixels.width, pixels.height] } as const;
      return (await model.lookAtCrops(picture, [crop], pixels, signal))[0]!;
    };
    await Promise.all(
      views.map(async ({ pixels, classId }, i) => {
        if (pixels?.pack !== pack) return;
        try {
          const [vector, labels] = await Promise.all([
            embedder && embedded(classId) ? look(embedder, pixels) : undefined,
            classifier && classified(classId) ? look(classifier, pixels) : undefined,
          ]);
          report.views[i] = {
            ...(vector && { feature: encodeFeature(vector) }),
            ...(labels && { attributes: scoredLabels(labels) }),
          };
        } catch (error) {
          if (!(error instanceof ProblemError) || error.code !== "inference-failed") throw error;
          report.failed++;
        }
      }),
    );
  }
  return report;
}

type Pixels = NonNullable<TrackView["pixels"]>;

function shared(bytes: Uint8Array): SharedArrayBuffer {
  const data = new SharedArrayBuffer(bytes.length);
  new Uint8Array(data).set(bytes);
  return data;
}
