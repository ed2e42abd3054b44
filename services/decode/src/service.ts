import { DEFAULT_TOOLS, type MediaTools } from "@framequeue/media";
import {
  createStageRunner,
  type Pipeline,
  type StageEvents,
  type StageRunner,
} from "@framequeue/pipeline";
import { decodeSegment } from "./decode-segment.ts";

export interface DecodeServiceOptions {
  /** Segments that this process decodes at once. */
  readonly concurrency: number;
  /** Threads of one ffmpeg; absent: its own choice. */
  readonly decoderThreads?: number;
  /** How long a segment keeps its decoder while other jobs wait for one, in milliseconds. */
  readonly quantumMs?: number;
  readonly tools?: MediaTools;
  readonly events?: StageEvents;
}

/** Short enough that a new job need not wait long, long enough that starting the decoder again costs little. */
const QUANTUM_MS = 5_000;

/** Turns segments of a source into batches of pixels in the frame store. */
export function createDecodeService(
  pipeline: Pipeline,
  options: DecodeServiceOptions,
): StageRunner {
  const deps = {
    ...pipeline,
    tools: options.tools ?? DEFAULT_TOOLS,
    quantumMs: options.quantumMs ?? QUANTUM_MS,
    ...(options.decoderThreads === undefined ? {} : { decoderThreads: options.decoderThreads }),
  };
  return createStageRunner({
    queue: "decode",
    concurrency: options.concurrency,
    pipeline,
    handlers: { decode: (message, context) => decodeSegment(deps, message, context) },
    ...(options.events ? { events: options.events } : {}),
  });
}
