import type { GroundTruthBox, Scene } from "@framequeue/synth";
import { SceneAnalytics } from "@framequeue/analytics";

/** An upright line, and a zone with sides along the picture's. Pixels. */
export interface Gate {
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
}
export interface Yard extends Gate {
  readonly right: number;
}

export interface Counts {
  readonly in: Readonly<Record<string, number>>;
  readonly out: Readonly<Record<string, number>>;
  /** Visits to the zone. */
  readonly enters: Readonly<Record<string, number>>;
}

export type Box = GroundTruthBox["box"];

/** A box per object and frame, of those that are told apart by id. */
export interface StreetObject {
  readonly id: number;
  readonly label: string;
  readonly box: Box;
}

/** What is in each frame of a scene: whole objects, hidden or not, or what a detector should find of them. */
export function streetObjects(scene: Scene, which: "whole" | "seen"): StreetObject[][] {
  return Array.from({ length: scene.frames }, (_, frame) =>
    scene
      .groundTruth(frame)
      .filter(({ scored }) => which === "whole" || scored)
      .map(({ id, label, box, fullBox }) => ({
        id,
        label,
        box: which === "whole" ? fullBox : box,
      })),
  );
}

/** The line and the zone as a job's options have them; `in` is to the right. */
export function analyticsOf({ x, top, bottom }: Gate, yard: Yard) {
  return {
    lines: [{ name: "gate", from: [x, bottom], to: [x, top] }],
    zones: [
      {
        name: "yard",
        polygon: [
          [yard.x, yard.top],
          [yard.right, yard.top],
          [yard.right, yard.bottom],
          [yard.x, yard.bottom],
        ],
      },
    ],
  } satisfies Record<"lines" | "zones", unknown>;
}

/**
 * Counted as jobs count.
 *
 * @param margin pixels
 */
export function countStreet(
  frames: readonly (readonly StreetObject[])[],
  fps: number,
  [gate, yard]: readonly [Gate, Yard],
  margin: number,
): SceneAnalytics {
  const { lines, zones } = analyticsOf(gate, yard);
  const analytics = new SceneAnalytics({
    ...{ anchor: "bottom", margin, intervalSeconds: 60 },
    lines: lines.map(({ name, from, to }) => ({ name, from: pointOf(from), to: pointOf(to) })),
    zones: zones.map(({ name, polygon }) => ({ name, polygon: polygon.map(pointOf) })),
  });
  const lastFrame = new Map(frames.flatMap((row, frame) => row.map(({ id }) => [id, frame])));
  for (const [frame, row] of frames.entries()) {
    const objects = row.map(({ id, label, box }) => {
      return { trackId: id, label, box, isLast: lastFrame.get(id) === frame };
    });
    Array.from(analytics.see({ frame, pts: frame, seconds: frame / fps, objects }));
  }
  return analytics;
}

function pointOf([x = 0, y = 0]: readonly number[]): readonly [number, number] {
  return [x, y];
}

export function countsOf({ total }: SceneAnalytics): Counts {
  return { ...total.lines["gate"]!, enters: total.zones["yard"]!.enters };
}

/**
 * Counted by the definition, where no anchor ever lies on a border: where a step of an object's path goes from one side of the line to the other, at which
 * height, and where a path comes to be inside the zone.
 */
export function countsByDefinition(
  frames: readonly (readonly StreetObject[])[],
  [gate, yard]: readonly [Gate, Yard],
): Counts {
  const counts = { in: {}, out: {}, enters: {} } as Record<keyof Counts, Record<string, number>>;
  const add = (key: keyof Counts, label: string): void => {
    counts[key][label] = (counts[key][label] ?? 0) + 1;
  };
  const places = new Map<number, { readonly x: number; readonly y: number }>();
  const isInside = (at: { readonly x: number; readonly y: number } | undefined): boolean =>
    at !== undefined && at.x > yard.x && at.x < yard.right && at.y > yard.top && at.y < yard.bottom;
  for (const { id, label, box } of frames.flat()) {
    const from = places.get(id);
    const to = { x: box[0] + box[2] / 2, y: box[1] + box[3] };
    places.set(id, to);
    if (isInside(to) && !isInside(from)) add("enters", label);
    if (from === undefined || from.x < gate.x === to.x < gate.x) continue;
    const y = from.y + ((gate.x - from.x) / (to.x - from.x)) * (to.y - from.y);
    if (y >= gate.top && y <= gate.bottom) add(from.x < gate.x ? "in" : "out", label);
  }
  return counts;
}
