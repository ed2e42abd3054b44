import { setImmediate as nextTurn } from "node:timers/promises";
import type { PlanarFrames } from "@framequeue/models";
import { encodeLandmarks, findLandmarks } from "@framequeue/vision";

/**
 * The landmarks of some frames, as they will stand in the result. A few milliseconds each, so that between two frames
 * others get their turn.
 */
export async function landmarkRows(
  { data, byteOffset, width, height }: PlanarFrames,
  { from, to }: { readonly from: number; readonly to: number },
  signal: AbortSignal,
): Promise<string[]> {
  const rows: string[] = [];
  const bytes = 3 * width * height;
  for (let frame = from; frame < to; frame++) {
    signal.throwIfAborted();
    const planes = new Uint8Array(data, byteOffset + bytes * frame, bytes);
    rows.push(encodeLandmarks(findLandmarks(planes, { width, height })));
    await nextTurn();
  }
  return rows;
}
