import type { Scene } from "@framequeue/synth";
import type { TruthBox } from "@framequeue/evaluation";

/** The people of a scene by frame, from 1. Of those that do not count, because little is seen of them, tracks are neither right nor wrong. */
export function personTruth(scene: Scene): TruthBox[] {
  return Array.from({ length: scene.frames }, (_, frame) => scene.groundTruth(frame)).flatMap(
    (boxes, frame) =>
      boxes
        .filter(({ label, visibility }) => label === "person" && visibility > 0)
        .map(({ id, box, scored }): TruthBox => {
          return { frame: frame + 1, id, boxXywh: box, use: scored ? "scored" : "ignored" };
        }),
  );
}
