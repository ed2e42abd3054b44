import { type GroundTruthBox, classLabels } from "@framequeue/synth";
import { formatMotText } from "@framequeue/tracking";
import { roundTo } from "@framequeue/vision";

/**
 * Ground truth as MOTChallenge text that its tools read as it is: `frame,id,x,y,w,h,flag,class,visibility,label`.
 *
 * Tracks in `mot.txt` have no class, so whatever counts has MOT17's class 1. What is seen but does not count (mostly
 * hidden, mostly outside, too small) has flag 0 and class 8, which MOT17's rules ignore: a track on it is neither right
 * nor wrong. What it really is stands in column 10, which those tools pass over: its line in `labels.txt`, from 1.
 */
const COUNTS = 1;
const DISTRACTOR = 8;

/** One frame of ground truth. What nothing is seen of stands nowhere. `frame` counts from 0, the text from 1. */
export function truthLines(frame: number, boxes: readonly GroundTruthBox[]): string {
  const seen = boxes.filter(({ visibility }) => visibility > 0);
  return formatMotText(
    seen.map(({ id, box, scored, visibility, classId }) => ({
      frame: frame + 1,
      id,
      boxXywh: box,
      score: scored ? 1 : 0,
      rest: [scored ? COUNTS : DISTRACTOR, roundTo(visibility, 4), classId + 1],
    })),
  );
}

/** The file of class names: one per line. */
export function labelLines(): string {
  return classLabels.map((label) => `${label}\n`).join("");
}
