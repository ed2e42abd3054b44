import { type Canvas, SUPERSAMPLING, type Window } from "./canvas.ts";
import { type Box, classLabels, clipBox, counts, type GroundTruthBox } from "./ground-truth.ts";
import type { DrawnActor } from "./stage.ts";

/** Measures what is seen of each drawn actor from the canvas' ids; width and height of the picture. */
export function measure(
  canvas: Canvas,
  window: Window,
  drawn: readonly DrawnActor[],
  width: number,
  height: number,
): GroundTruthBox[] {
  const seen = new Int32Array(drawn.length);
  const left = new Int32Array(drawn.length).fill(window.right);
  const right = new Int32Array(drawn.length);
  const top = new Int32Array(drawn.length).fill(window.bottom);
  const bottom = new Int32Array(drawn.length);
  for (let row = window.top; row < window.bottom; row++) {
    const end = Math.min(window.right, canvas.dirtyRight[row]!);
    const base = row * canvas.width;
    for (let x = Math.max(window.left, canvas.dirtyLeft[row]!); x < end; x++) {
      const id = canvas.id[base + x]!;
      if (id === 0) continue;
      const slot = id - 1;
      seen[slot]!++;
      if (x < left[slot]!) left[slot] = x;
      if (x >= right[slot]!) right[slot] = x + 1;
      if (row < top[slot]!) top[slot] = row;
      if (row >= bottom[slot]!) bottom[slot] = row + 1;
    }
  }

  const truth: GroundTruthBox[] = [];
  drawn.forEach(({ actor, extent, covered }, slot) => {
    if (covered === 0) return;
    const toBox = (x0: number, y0: number, x1: number, y1: number): Box => [
      (x0 - window.left) / SUPERSAMPLING,
      (y0 - window.top) / SUPERSAMPLING,
      (x1 - x0) / SUPERSAMPLING,
      (y1 - y0) / SUPERSAMPLING,
    ];
    const fullBox = toBox(...extent);
    const visible = seen[slot]!;
    const box =
      visible > 0
        ? toBox(left[slot]!, top[slot]!, right[slot]!, bottom[slot]!)
        : clipBox(fullBox, width, height);
    const visibility = visible / covered;
    truth.push({
      id: actor.id,
      classId: classLabels.indexOf(actor.label),
      label: actor.label,
      box,
      fullBox,
      visibility,
      scored: counts({ box, fullBox, visibility }, width, height),
    });
  });
  return truth.toSorted((a, b) => a.id - b.id);
}
