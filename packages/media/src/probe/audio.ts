import type { AudioPlan } from "../encode/annotate-arguments.ts";
import { describeStreams } from "./described-streams.ts";
import { MAX_PIXELS, openingArguments } from "../ffmpeg/ffmpeg-arguments.ts";
import type { ToolOptions } from "../ffmpeg/ffmpeg.ts";
import type { SourceFile } from "./source-file.ts";
import { runCopy } from "./stream-dump.ts";

/** Sound that MP4 can hold and browsers play. */
const MP4_CODECS = new Set(["aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"]);

/**
 * The first sound track that has a known codec, and whether it must be encoded anew. Where a stream's header is damaged,
 * the first track whose decoder opens.
 */
export async function findAudio(
  source: SourceFile,
  options: ToolOptions,
): Promise<AudioPlan | undefined> {
  const tools = { tools: options.tools, signal: options.signal, deadlineMs: 60_000 };
  const { streams, doubtful } = await describeStreams(source, { ...tools, maxPixels: MAX_PIXELS });
  for (const { index, codec_type: kind, codec_name: codec = "unknown" } of streams) {
    if (kind !== "audio" || codec === "unknown") continue;
    if (doubtful && !(await opens(source, index, tools))) continue;
    return { streamIndex: index, copy: MP4_CODECS.has(codec) };
  }
  return undefined;
}

async function opens(source: SourceFile, stream: number, tools: ToolOptions): Promise<boolean> {
  const exit = await runCopy(openingArguments(source, stream), tools, () => undefined).exited;
  return exit.code === 0;
}
