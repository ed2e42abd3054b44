import type { ToolExit, ToolOptions } from "../ffmpeg/ffmpeg.ts";
import { probe } from "./probe.ts";

/**
 * Looks at an MP4 that ffmpeg wrote and called good: where a disk is full it may end with status 0 and leave a file
 * without an index.
 *
 * @returns what is wrong with it; undefined where it has its index and so many frames
 */
export async function faultOfVideo(
  path: string,
  frames: number | undefined,
  options: ToolOptions,
): Promise<string | undefined> {
  const { tools, signal } = options;
  try {
    const { indexedFrames = 0 } = await probe(path, { tools, signal });
    if (frames === undefined ? indexedFrames > 0 : indexedFrames === frames) return undefined;
    return `it has ${indexedFrames} frames${frames === undefined ? "" : ` instead of ${frames}`}`;
  } catch (error) {
    signal?.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}

/** Why there is no video, for a person: what ffmpeg said, and what is wrong with what it wrote. */
export function whyNoVideo({ stoppedBy, errors }: ToolExit, fault: string | undefined): string {
  if (stoppedBy === "deadline") return "It took too long.";
  const said = errors.length === 0 ? [] : [`ffmpeg says: ${errors.slice(-3).join("; ")}.`];
  return [...said, ...(fault === undefined ? [] : [`Of what it wrote: ${fault}.`])].join(" ");
}
