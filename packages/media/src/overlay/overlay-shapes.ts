import type { Mask, ResultBox } from "@framequeue/contracts";
import { outlines, runsFromText } from "@framequeue/vision";

export type Point = readonly [x: number, y: number];

/** Along the longer side of the picture, when a mask is drawn. */
const CELLS = 240;

/**
 * Drawing commands of the ASS format, for `\p4`: coordinates are eighths of a pixel. Shapes overlap by the non-zero
 * rule, so a hole runs against the turn of its surrounding.
 */
function polygon(points: readonly Point[]): string {
  const [first, ...rest] = points.map(([x, y]) => `${Math.round(x * 8)} ${Math.round(y * 8)}`);
  return `m ${first ?? "0 0"} l ${rest.join(" ")}`;
}

/** The outline of a box, `line` pixels thick, half of it inside. */
export function boxShape([x, y, width, height]: ResultBox, line: number): string {
  const half = line / 2;
  const [left, top, right, bottom] = [x - half, y - half, x + width + half, y + height + half];
  const outer = polygon([
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ]);
  if (width <= line || height <= line) return outer;
  const hole = polygon([
    [left + line, top + line],
    [left + line, bottom - line],
    [right - line, bottom - line],
    [right - line, top + line],
  ]);
  return `${outer} ${hole}`;
}

/**
 * What a mask covers, in at most a few hundred corners, however large the picture is.
 *
 * @throws RangeError if the text is no mask
 */
export function maskShape({ size: [height, width], counts }: Mask): string {
  const cell = Math.max(2, Math.ceil(Math.max(width, height) / CELLS));
  return outlines(runsFromText(counts), { width, height }, cell).map(polygon).join(" ");
}

/** A line through points, oldest first, that grows from a hair to `line` pixels. */
export function trailShape(points: readonly Point[], line: number): string {
  const width = (index: number) => (line * (index + 1)) / points.length / 2;
  const strokes = points.slice(1).flatMap((to, index) => {
    const from = points[index] ?? to;
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (length < 0.25) return [];
    const normal: Point = [(from[1] - to[1]) / length, (to[0] - from[0]) / length];
    const at = ([x, y]: Point, side: number): Point => [x + normal[0] * side, y + normal[1] * side];
    const [thin, thick] = [width(index), width(index + 1)];
    return [polygon([at(from, thin), at(from, -thin), at(to, -thick), at(to, thick)])];
  });
  return strokes.join(" ");
}
