import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type CutMessage,
  type CutReport,
  ProblemError,
  type TrackView,
} from "@framequeue/contracts";
import { type FrameReader, type MediaTools, openDecoder } from "@framequeue/media";
import {
  isGivenUp,
  runStep,
  openSource,
  type Pipeline,
  type Plan,
  type StepWork,
  putIntermediate,
  readRows,
  readSegment,
  type TaskContext,
} from "@framequeue/pipeline";
import { cropOf, fitWithin, Resampler, xywhToXyxy } from "@framequeue/vision";
import { placesOf } from "../results/frame-places.ts";
import { PackWriter } from "../results/pack-writer.ts";
import { ViewPicker } from "./view-picker.ts";

export interface CutDeps extends Pipeline {
  readonly tools: MediaTools;
}

/** Two views of a track that are closer in time show the same. */
const SECONDS_APART = 1;
/** Longest side of the frames that views are cut from: the source's own, unless that is beyond 4K. */
const MOST_FRAME_SIDE = 3840;
/** Longest side of a view: models look at fewer pixels. */
const MOST_SIDE = 512;
/** What the source itself may be the reason of. */
const UNDECODABLE: ReadonlySet<string> = new Set(["source-damaged", "source-unsupported"]);
/** Finds the best views of every track and cuts them out of the source, for infer to look at. */
export async function cutViews(
  deps: CutDeps,
  message: CutMessage,
  context: TaskContext,
): Promise<void> {
  await runStep(deps, message, async (work) => {
    const views = await pickViews(deps, work);
    return views === undefined ? undefined : await cut(deps, work, views, context);
  });
}

async function pickViews(
  pipeline: Pipeline,
  { job, plan, epoch, record }: StepWork,
): Promise<TrackView[] | undefined> {
  const { media, labels, views } = plan;
  const [numerator, denominator] = media.timeBase;
  const picker = new ViewPicker({
    most: views!.perTrack,
    apart: (SECONDS_APART * denominator) / numerator,
    picture: media,
    wanted: (classId) => isLookedAt(plan, labels[classId]),
  });
  let seen = 0;
  for await (const row of readRows(pipeline, job.id, epoch)) {
    picker.see(row);
    seen++;
  }
  // The job was cancelled meanwhile, or belongs to another epoch now.
  return seen === Number(record["ord"] ?? 0) ? picker.views() : undefined;
}

/** Whether one of the job's models looks at what has this label. */
function isLookedAt({ models }: Plan, label: string | undefined): boolean {
  return models.some(
    ({ looksAt, labels }) =>
      looksAt.includes("views") && (labels?.some((each) => each === label) ?? true),
  );
}

/** Decodes the frames of the views once more, those of a segment in one go, and keeps what the views show. */
async function cut(
  { objects, tools }: CutDeps,
  { job, plan, epoch }: StepWork,
  views: readonly TrackView[],
  context: TaskContext,
): Promise<CutReport> {
  const byFrame = Map.groupBy(views, ({ frame }) => frame);
  const pixels = new Map<TrackView, TrackView["pixels"]>();
  const packs = new PackWriter((bytes) => putIntermediate(objects, job.id, epoch, "views", bytes));
  const resampler = new Resampler();
  const frame = fitWithin(plan.media, MOST_FRAME_SIDE);
  await using source = await openSource(objects, plan.source, plan.sourceState);
  const cutOut = async (planes: Uint8Array, view: TrackView): Promise<void> => {
    const region = cropOf(xywhToXyxy(view.box), plan.media, frame);
    const size = fitWithin(region, MOST_SIDE);
    const into = new Uint8Array(3 * size.width * size.height);
    resampler.resample(planes, frame, region, size, into);
    pixels.set(view, { ...(await packs.add(into)), ...size });
    // A large one takes some milliseconds, and there may be many in a frame.
    await nextTurn();
  };
  for (const { segment, places } of placesOf([...byFrame.keys()], plan.segments)) {
    await using reader = openDecoder(source, {
      info: plan.media,
      segment: await readSegment(objects, job.id, epoch, plan, segment),
      frame,
      layout: "gbrp",
      only: places.map(({ place }) => place),
      ...(plan.oneThread === true ? { threads: 1 } : {}),
      tools,
      signal: context.signal,
    });
    const planes = new Uint8Array(reader.frameBytes);
    for (const { frame: ordinal } of places) {
      if (!(await readOne(reader, planes, context))) break;
      for (const view of byFrame.get(ordinal)!) await cutOut(planes, view);
    }
  }
  return {
    v: 1,
    packs: await packs.end(),
    views: views.map((view) => {
      const where = pixels.get(view);
      return { ...view, ...(where && { pixels: where }) };
    }),
  };
}

/** Whether there was a frame more. What decoded once and does not any more leaves the rest of its views without pixels. */
async function readOne(
  reader: FrameReader,
  planes: Uint8Array,
  context: TaskContext,
): Promise<boolean> {
  try {
    return (await reader.read(planes, 1)).length > 0;
  } catch (error) {
    const isOver = error instanceof ProblemError && UNDECODABLE.has(error.code);
    if (isOver || isGivenUp(error, context)) return false;
    throw error;
  }
}
