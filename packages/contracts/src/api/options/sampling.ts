import { z } from "zod";
import { option, settled } from "./option.ts";

/** Which pictures of the source a job looks at. */
export const samplingOptions = {
  everyNth: option(z.int().min(1).max(60).optional(), {
    text: "look at frames 0, n, 2n, … of the video only; what counts frames counts those of the video nevertheless",
    default: 1,
    see: "tracking.md#every-n-th-frame",
  }),
  stream: option(z.int().min(0).max(1000).optional(), {
    text: "video stream to look at, by its place among all streams of the file; `summary.json` lists them where there are several",
    // The largest picture, a stream marked as default before all others.
    unset: "ffmpeg's choice",
  }),
} as const;

/** What a plan says of it: frames 0, `everyNth`, 2 `everyNth`, … of the source are looked at. */
export const samplingSchema = z.object({ everyNth: z.int().min(1) });
export type Sampling = z.infer<typeof samplingSchema>;

export function resolveSampling({
  everyNth,
}: {
  readonly everyNth?: number | undefined;
}): Sampling {
  return { everyNth: settled(samplingOptions.everyNth, everyNth) };
}

/** Whether a job looks at every frame. */
export function samplesAll({ everyNth }: Sampling): boolean {
  return everyNth === 1;
}

/** Whether a job looks at the frame of this number in the source, from 0. */
export function isSampled({ everyNth }: Sampling, frame: number): boolean {
  return frame % everyNth === 0;
}

/** How many of the source's first frames a job looks at. */
export function countSampled({ everyNth }: Sampling, frames: number): number {
  return Math.ceil(frames / everyNth);
}

/** The number in the source of the frame that a job looks at as its `place`-th, from 0. */
export function sampledFrame({ everyNth }: Sampling, place: number): number {
  return place * everyNth;
}
