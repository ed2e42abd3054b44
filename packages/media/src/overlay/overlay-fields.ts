import type {
  AreaRow,
  DetectionRow,
  FrameRow,
  LabelRow,
  SeenField,
  Size,
} from "@framequeue/contracts";
import { boxDecimals, maskBox, roundTo, runsFromText } from "@framequeue/vision";
import type { DrawnDetection } from "./overlay-between.ts";
import { colourOf, inkOn } from "./overlay-palette.ts";
import type { Rgb } from "./overlay-palette.ts";
import { maskShape } from "./overlay-shapes.ts";
import type { Point } from "./overlay-shapes.ts";

/** Sizes in pixels, in proportion to the picture. */
export interface Measures {
  readonly font: number;
  readonly line: number;
  /** Space around a label's text. */
  readonly padding: number;
  /** The dark edge that sets a box off from a background of its own colour. */
  readonly edge: number;
}

/** When something is shown, and in what. */
export interface Look {
  /** From and to, as an event has them. */
  readonly span: string;
  readonly frame: Size;
  readonly measures: Measures;
}

/** How one kind of thing is drawn that models see beside boxes: as events, or as words. */
interface Drawing {
  /** Behind all detections of a frame, … */
  readonly behind?: (row: FrameRow, look: Look) => string[];
  /** … and before them. */
  readonly before?: (row: FrameRow, look: Look) => string[];
  /** Behind the box of a detection. */
  readonly behindBox?: (detection: DrawnDetection, colour: Rgb, look: Look) => string[];
  /** In its tag. */
  readonly words?: (detection: DetectionRow) => string[];
}

/** What models see beside boxes; a field without an entry does not compile, and one with nothing in it is not drawn. */
const DRAWN: { readonly [K in SeenField]: Drawing } = {
  masks: {
    behindBox({ mask, maskShift }, colour, { span }) {
      const shape = mask === undefined ? "" : maskShape(mask);
      return shape === "" ? [] : [maskEvent(shape, colour, span, maskShift)];
    },
  },
  attributes: {
    words: ({ attributes: [best] = [] }) => (best === undefined ? [] : [safeText(best.label)]),
  },
  labels: {
    before: ({ labels = [] }, look) => labels.map((label, line) => labelEvent(label, line, look)),
  },
  areas: {
    behind: ({ areas = [] }, look) => areas.flatMap((area) => areaEvents(area, look)),
  },
};
export const DRAWINGS: readonly Drawing[] = Object.values(DRAWN);

/** How much of the picture shows through a mask: 255 is all. */
const MASK_ALPHA = "A0";

/** A class that has a part of the picture: its pixels, and its name at the place where they begin. */
function areaEvents(
  { classId, label, mask }: AreaRow,
  { span, frame, measures: { font, padding } }: Look,
): string[] {
  const colour = colourOf(classId);
  const shape = maskShape(mask);
  if (shape === "") return [];
  const [left, top, width, height] = maskBox(runsFromText(mask.counts), frame.height);
  const [x, y] = [left + width / 2, Math.max(top + height / 2, font + padding)];
  return [
    maskEvent(shape, colour, span),
    `Dialogue: 1,${span},tag,,0,0,0,,` +
      `{\\an5\\pos(${x.toFixed(1)},${y.toFixed(1)})${tagColours(colour)}}${safeText(label)}\n`,
  ];
}

function maskEvent(shape: string, colour: Rgb, span: string, [x, y]: Point = [0, 0]): string {
  return (
    `Dialogue: 0,${span},shape,,0,0,0,,` +
    `{\\an7\\pos(${roundTo(x, boxDecimals)},${roundTo(y, boxDecimals)})\\bord0\\1c${assColour(colour)}\\1a&H${MASK_ALPHA}&\\p4}${shape}\n`
  );
}

/** What the whole picture shows: a tag below the other in the corner. */
function labelEvent(
  { classId, label, score }: LabelRow,
  line: number,
  { span, measures: { font, padding } }: Look,
): string {
  const [x, y] = [2 * padding, 2 * padding + line * (font + 3 * padding)];
  return (
    `Dialogue: 1,${span},tag,,0,0,0,,` +
    `{\\an7\\pos(${x.toFixed(1)},${y.toFixed(1)})${tagColours(colourOf(classId))}}` +
    `${safeText(label)} ${score.toFixed(2)}\n`
  );
}

/** Braces and backslashes are commands in this format, and a line break would end the event. */
export function safeText(text: string): string {
  const safe = text.replace(/\{/g, "(").replace(/\}/g, ")").replace(/\\/g, "/");
  return safe.replace(/\s+/g, " ").slice(0, 40);
}

export function tagColours(colour: Rgb): string {
  return `\\1c${assColour(inkOn(colour))}\\3c${assColour(colour)}`;
}

export function assColour([red, green, blue]: Rgb): string {
  const hex = (part: number) => part.toString(16).toUpperCase().padStart(2, "0");
  return `&H${hex(blue)}${hex(green)}${hex(red)}&`;
}
