import type { GroundTruthBox } from "./ground-truth.ts";
import { classLabels } from "./ground-truth.ts";
import type { Scene } from "./scene.ts";

/** A row of a MOTChallenge gt.txt. */
export interface MotRow {
  /** From 1. */
  readonly frame: number;
  readonly id: number;
  /** x, y, width, height in pixels. */
  readonly box: readonly [number, number, number, number];
  /** False: the row is there, but does not count (flag 0). */
  readonly scored: boolean;
  /** From 1: the position in classLabels plus one. */
  readonly classNumber: number;
  readonly visibility: number;
}

/**
 * One frame as lines of MOTChallenge gt.txt: frame,id,x,y,w,h,flag,class,visibility.
 *
 * @param frame from 0; the text counts from 1
 */
export function motLines(frame: number, boxes: readonly GroundTruthBox[]): string {
  return boxes
    .map(({ id, classId, box, scored, visibility }) => {
      const [x, y, w, h] = box;
      return `${frame + 1},${id},${x},${y},${w},${h},${scored ? 1 : 0},${classId + 1},${visibility.toFixed(4)}\n`;
    })
    .join("");
}

/** The whole scene as MOTChallenge gt.txt, in order of frame, then id. */
export function motGroundTruth(scene: Scene): string {
  let text = "";
  for (let frame = 0; frame < scene.frames; frame++)
    text += motLines(frame, scene.groundTruth(frame));
  return text;
}

/**
 * Reads MOTChallenge gt.txt.
 *
 * @throws SyntaxError with the line's number if a line is not nine numbers
 */
export function parseMotGroundTruth(text: string): MotRow[] {
  const rows: MotRow[] = [];
  text.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    const values = line.split(",").map((field) => (field.trim() === "" ? NaN : Number(field)));
    if (values.length !== 9 || !values.every(Number.isFinite)) {
      throw new SyntaxError(`line ${index + 1} is not frame,id,x,y,w,h,flag,class,visibility`);
    }
    const [frame, id, x, y, w, h, flag, classNumber, visibility] = values as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    rows.push({ frame, id, box: [x, y, w, h], scored: flag !== 0, classNumber, visibility });
  });
  return rows;
}

/** The seqinfo.ini that MOTChallenge tools expect beside a sequence. */
export function sequenceInfo(scene: Scene, name: string): string {
  return [
    "[Sequence]",
    `name=${name}`,
    "imDir=img1",
    `frameRate=${scene.fps}`,
    `seqLength=${scene.frames}`,
    `imWidth=${scene.width}`,
    `imHeight=${scene.height}`,
    "imExt=.jpg",
    "",
  ].join("\n");
}

/** The class names by their number in the text, one per line: "1 car". */
export function classList(): string {
  return classLabels.map((label, index) => `${index + 1} ${label}\n`).join("");
}
