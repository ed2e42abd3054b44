import { z } from "zod";
import type { AudioPlan } from "./annotate-arguments.ts";
import { audioArguments } from "./ffmpeg-arguments.ts";
import { runFfprobe } from "./ffmpeg.ts";
import type { ToolOptions } from "./ffmpeg.ts";
import type { SourceFile } from "./source-file.ts";

/** Sound that MP4 can hold and browsers play. */
const MP4_CODECS = new Set(["aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"]);

const outputSchema = z.object({
  streams: z.array(z.object({ index: z.int(), codec_name: z.string().optional() })),
});

/** The first sound track that has a known codec, and whether it must be encoded anew. */
export async function findAudio(
  source: SourceFile,
  options: ToolOptions,
): Promise<AudioPlan | undefined> {
  const lines: string[] = [];
  const exit = await runFfprobe(audioArguments(source), {
    tools: options.tools,
    signal: options.signal,
    deadlineMs: 60_000,
    onLine: (line) => lines.push(line),
  }).exited;
  if (exit.code !== 0) return undefined;
  const { streams } = outputSchema.parse(JSON.parse(lines.join("\n")));
  const stream = streams.find(
    ({ codec_name: codec }) => codec !== undefined && codec !== "unknown",
  );
  if (!stream) return undefined;
  return { streamIndex: stream.index, copy: MP4_CODECS.has(stream.codec_name ?? "") };
}
