import { z } from "zod";
import { option, settled } from "./option.ts";

/** What is made of the tracks in every result file. */
export const gapOptions = {
  fillGaps: option(z.int().min(0).max(300).optional(), {
    text: "longest gap of a track, in frames, that is filled by a straight line where the track comes back; what is filled is marked as not seen",
    default: 0,
  }),
} as const;

/** Which files there are. */
export const fileOptions = {
  render: option(z.boolean().default(true), { text: "write the annotated video", flag: "video" }),
} as const;

/** Longest gap that is filled, in frames of the source; 0 where none is. */
export function resolveGaps({ fillGaps }: { readonly fillGaps?: number | undefined }): number {
  return settled(gapOptions.fillGaps, fillGaps);
}
