import { join } from "node:path";
import {
  countSampled,
  type FrameFileRow,
  type FrameRow,
  type RenderMessage,
  samplesAll,
  toProblemError,
} from "@framequeue/contracts";
import { openTempFolder } from "@framequeue/lifetime";
import {
  annotate,
  FrameClock,
  type MediaTools,
  rowsBetween,
  writeOverlay,
} from "@framequeue/media";
import { annotatedMp4, toFrameRows } from "@framequeue/outputs";
import {
  isGivenUp,
  runStep,
  objectKeys,
  openSource,
  type Pipeline,
  type StepWork,
  readRows,
  readTimeline,
  type RenderReport,
  type TaskContext,
} from "@framequeue/pipeline";
import { hashFile } from "@framequeue/storage";

export interface RenderDeps extends Pipeline {
  readonly tools: MediaTools;
}

/** Burns what was tracked into the source. A video that cannot be written is a warning: the data is there without it. */
export async function renderVideo(
  deps: RenderDeps,
  message: RenderMessage,
  context: TaskContext,
): Promise<void> {
  const { count } = context;
  await runStep(deps, message, async (work) => {
    const { sampling } = work.plan;
    let written = 0;
    const note = (frames: number): void => {
      count({ frames: Math.max(0, frames - written), batches: 0 });
      written = Math.max(written, frames);
      // Progress goes by the frames that were looked at.
      const lookedAt = countSampled(sampling, written);
      void deps.ledger.noteRendered(message.job, lookedAt).catch(() => {});
    };
    await using folder = await openTempFolder("render");
    return await render(deps, work, folder.path, note, context);
  });
}

async function render(
  deps: RenderDeps,
  work: StepWork,
  folder: string,
  onProgress: (frames: number) => void,
  context: TaskContext,
): Promise<RenderReport> {
  const { signal } = context;
  const { job, plan, epoch } = work;
  const { media, sampling } = plan;
  const assPath = join(folder, "overlay.ass");
  const output = join(folder, annotatedMp4.name);
  const rows = framesOnly(toFrameRows(readRows(deps, job.id, epoch), plan));
  const { pts, isReshaped, isExact } = await readTimeline(deps, work);
  const clock = new FrameClock(pts, media.timeBase);
  const { everyNth } = sampling;
  const drawn = samplesAll(sampling) ? rows : rowsBetween(rows, { everyNth, clock });
  await writeOverlay(assPath, drawn, media, clock);
  await using source = await openSource(deps.objects, plan.source, plan.sourceState);
  try {
    await annotate({
      source,
      info: media,
      clock,
      lastTicks: plan.lastTicks,
      isReshaped,
      isExact,
      assPath,
      output,
      decoderThreads: plan.oneThread === true ? 1 : undefined,
      tools: deps.tools,
      signal,
      onProgress,
    });
  } catch (error) {
    const { code, message } = toProblemError(error);
    if (code !== "render-failed" && !isGivenUp(error, context)) throw error;
    return { warning: { code: "render-failed", detail: message } };
  }
  const { sha256, bytes } = await hashFile(output, signal);
  const key = objectKeys.artifact(job.id, annotatedMp4.name, sha256);
  await deps.objects.putFile(key, output);
  return { artifact: { key, bytes, sha256 } };
}

async function* framesOnly(rows: AsyncIterable<FrameFileRow>): AsyncGenerator<FrameRow> {
  for await (const row of rows) {
    if (!("gap" in row)) yield row;
  }
}
