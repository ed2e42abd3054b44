import { DEFAULT_TOOLS, type MediaTools } from "@framequeue/media";
import {
  createStageRunner,
  type Pipeline,
  type StageEvents,
  type StageRunner,
} from "@framequeue/pipeline";
import { renderVideo } from "./render-video.ts";

export interface RenderServiceOptions {
  /** Videos that this process writes at once. */
  readonly concurrency: number;
  readonly tools?: MediaTools;
  readonly events?: StageEvents;
}

/** Writes the annotated video: boxes, labels, track ids and trails burnt into the source. */
export function createRenderService(
  pipeline: Pipeline,
  options: RenderServiceOptions,
): StageRunner {
  const deps = { ...pipeline, tools: options.tools ?? DEFAULT_TOOLS };
  return createStageRunner({
    queue: "render",
    concurrency: options.concurrency,
    pipeline,
    maxAttempts: 8,
    handlers: { render: (message, context) => renderVideo(deps, message, context) },
    ...(options.events ? { events: options.events } : {}),
  });
}
