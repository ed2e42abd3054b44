import type { CameraMotion } from "./camera-motion.ts";
import { MotTextError } from "../mot-text.ts";

/**
 * Reads camera motion per frame: rows `index m00 m01 tx m10 m11 ty`, separated by blanks, tabs or commas, in order of
 * frames; the index is not looked at.
 *
 * @returns the motion of each frame, from the first
 * @throws MotTextError on a row that is not seven numbers
 */
export function parseCmcText(text: string): CameraMotion[] {
  const motions: CameraMotion[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed === "") continue;
    const values = trimmed.split(/\s*,\s*|\s+/).map(Number);
    const [, m00, m01, tx, m10, m11, ty] = values;
    if (values.length !== 7 || !values.every(Number.isFinite)) {
      throw new MotTextError(index + 1, trimmed.slice(0, 80), "index m00 m01 tx m10 m11 ty");
    }
    motions.push([m00!, m01!, tx!, m10!, m11!, ty!]);
  }
  return motions;
}
