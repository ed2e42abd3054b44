import type { IdentifiedBox, TruthBox, TruthUse } from "./sequence.ts";

/**
 * Boxes of 10 by 10 for tests: one id per entry, one place per frame from 1, -1 where it is absent. Boxes `d` apart
 * overlap by (10 - d) / (10 + d): 1/3 at 5, 3/7 at 4, 7/13 at 3, 2/3 at 2.
 */
export function boxesAt(places: Readonly<Record<number, readonly number[]>>): IdentifiedBox[] {
  return Object.entries(places).flatMap(([id, xs]) =>
    xs.flatMap((x, index) =>
      x < 0 ? [] : [{ frame: index + 1, id: Number(id), boxXywh: [x, 0, 10, 10] as const }],
    ),
  );
}

export function truthAt(
  places: Readonly<Record<number, readonly number[]>>,
  use: TruthUse = "scored",
): TruthBox[] {
  return boxesAt(places).map((box) => ({ ...box, use }));
}
