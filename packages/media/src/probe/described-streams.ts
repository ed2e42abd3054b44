import { z } from "zod";
import { probeArguments } from "../ffmpeg/ffmpeg-arguments.ts";
import { checkNotKilled, runFfprobe } from "../ffmpeg/ffmpeg.ts";
import type { ToolExit, ToolOptions } from "../ffmpeg/ffmpeg.ts";
import { sourceName } from "./source-file.ts";
import type { SourceFile } from "./source-file.ts";
import { dumpStreams } from "./stream-dump.ts";
import { excessOf, MOST_DESCRIPTION_BYTES, toolMemoryBytes } from "../ffmpeg/tool-bounds.ts";
import type { Excess } from "../ffmpeg/tool-bounds.ts";

const tagsSchema = z.record(z.string(), z.string()).optional();

const streamSchema = z.object({
  index: z.int(),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  codec_tag_string: z.string().optional(),
  id: z.string().optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  sample_aspect_ratio: z.string().optional(),
  time_base: z.string().optional(),
  start_pts: z.number().optional(),
  duration: z.string().optional(),
  duration_ts: z.number().optional(),
  nb_frames: z.string().optional(),
  disposition: z.object({ attached_pic: z.int().optional() }).optional(),
  side_data_list: z
    .array(z.object({ side_data_type: z.string().optional(), rotation: z.number().optional() }))
    .optional(),
  tags: tagsSchema,
});
export type DescribedStream = z.infer<typeof streamSchema>;

const outputSchema = z.object({
  streams: z.array(streamSchema).default([]),
  format: z
    .object({
      format_name: z.string(),
      start_time: z.string().optional(),
      duration: z.string().optional(),
      tags: tagsSchema,
    })
    .optional(),
});

/** What a file holds by the word of ffprobe, or of ffmpeg where ffprobe gives up. */
export interface DescribedSource extends z.infer<typeof outputSchema> {
  /** The video stream that ffmpeg takes where nobody names one; told where there are several. */
  readonly chosen?: number | undefined;
  /** ffprobe's error lines. */
  readonly errors: readonly string[];
  /** ffprobe was stopped at the deadline. */
  readonly late: boolean;
  /** Which bound the programs met that looked into the file; absent: none. */
  readonly excess?: Excess | undefined;
  /** ffprobe gave up, so that some stream's header may be damaged. */
  readonly doubtful: boolean;
}

/** A cover picture is a video stream of one frame; it is not what the user means. */
export function isMovingPicture(stream: DescribedStream): boolean {
  return stream.codec_type === "video" && stream.disposition?.attached_pic !== 1;
}

/** @param options `stream`: the video stream that somebody named */
export async function describeStreams(
  source: SourceFile,
  options: ToolOptions & { readonly maxPixels: number; readonly stream?: number | undefined },
): Promise<DescribedSource> {
  const { stream, signal } = options;
  const lines: string[] = [];
  const exit = await runFfprobe(probeArguments(source, options.maxPixels), {
    ...options,
    maxBytes: MOST_DESCRIPTION_BYTES,
    onLine: (line) => lines.push(line),
  }).exited;
  signal?.throwIfAborted();
  checkNotKilled(exit, "Looking into", sourceName(source));
  const { errors } = exit;
  const late = exit.stoppedBy === "deadline";
  const told = outputSchema.parse(parseJson(lines.join("\n")));
  const excess = excessIn(exit);
  if (excess !== undefined && !told.format) {
    return { streams: [], errors, excess, late, doubtful: true };
  }
  const several = told.streams.filter(isMovingPicture).length > 1 && stream === undefined;
  const gaveUp = !told.format && !late && !errors.some(isFinal);
  const dump = several || gaveUp ? await dumpStreams(source, stream, options) : undefined;
  signal?.throwIfAborted();
  if (!gaveUp) return { ...told, chosen: dump?.chosen, errors, late, doubtful: false };
  return { ...outputSchema.parse(dump), chosen: dump?.chosen, errors, late, doubtful: true };
}

function excessIn(exit: ToolExit): Excess | undefined {
  return exit.stoppedBy === "output"
    ? { what: `its names and tags have more than ${MOST_DESCRIPTION_BYTES} bytes` }
    : excessOf(exit, toolMemoryBytes(0));
}

/** Whether ffmpeg would say no other than ffprobe. */
function isFinal(line: string): boolean {
  return /Format not on whitelist|exceeds specified max pixel count/.test(line);
}

/** An ffprobe that fails stops in the middle of its JSON. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}
