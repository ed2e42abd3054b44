import type { DetectionRow, FrameRow, MediaInfo, Size } from "@framequeue/contracts";
import type { FrameClock } from "../decode/frame-clock.ts";
import type { DrawnDetection } from "./overlay-between.ts";
import {
  assColour,
  DRAWINGS,
  type Look,
  type Measures,
  safeText,
  tagColours,
} from "./overlay-fields.ts";
import { colourOf } from "./overlay-palette.ts";
import { boxShape, trailShape } from "./overlay-shapes.ts";
import type { Point } from "./overlay-shapes.ts";
import { timeRows } from "./overlay-times.ts";
import { Trails } from "./overlay-trails.ts";

/**
 * The annotations of a video as an ASS subtitle: for each frame, a box and a tag per detection, its mask, the way that
 * each track came, the areas of classes, and the labels of the picture. It is written as it is read; only the trails are held. Boxes are vectors and tags size themselves
 * (`BorderStyle` 3), so any font will do. Times are those of a video that was slowed down by `slowdownOf` its clock.
 *
 * @param rows frames in presentation order, numbered among those that decode; boxes in pixels of the picture as it is shown
 */
export async function* overlayAss(
  rows: AsyncIterable<FrameRow> | Iterable<FrameRow>,
  info: Pick<MediaInfo, "width" | "height" | "startSeconds">,
  clock: FrameClock,
): AsyncGenerator<string> {
  const measures = measure(info);
  const trails = new Trails();
  yield header(info, measures);
  for await (const { row, start, end } of timeRows(rows, info, clock)) {
    const trailOf = trails.advance(row);
    const look = { span: `${assTime(start)},${assTime(end)}`, frame: info, measures };
    const events = [
      ...DRAWINGS.flatMap(({ behind }) => behind?.(row, look) ?? []),
      ...row.detections.flatMap((detection) =>
        detectionEvents(detection, trailOf(detection), look),
      ),
      ...DRAWINGS.flatMap(({ before }) => before?.(row, look) ?? []),
    ];
    if (events.length > 0 && end > start) yield events.join("");
  }
}

function measure({ width, height }: Size): Measures {
  const side = Math.min(width, height);
  return {
    font: Math.max(10, Math.round(side / 36)),
    line: Math.max(1.25, side / 320),
    padding: Math.max(1.5, side / 300),
    edge: Math.max(0.6, side / 900),
  };
}

function header({ width, height }: Size, { font, padding, edge }: Measures): string {
  const style = (name: string, border: number, size: number) =>
    `Style: ${name},sans-serif,${font},&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,-1,0,0,0,100,100,0,0,` +
    `${border},${size.toFixed(2)},0,7,0,0,0,1\n`;
  return (
    "[Script Info]\nScriptType: v4.00+\n" +
    `PlayResX: ${width}\nPlayResY: ${height}\n` +
    "WrapStyle: 2\nScaledBorderAndShadow: yes\nYCbCr Matrix: None\n\n" +
    "[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, " +
    "BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, " +
    "Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n" +
    style("shape", 1, edge) +
    style("tag", 3, padding) +
    "\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
  );
}

/** Two events per detection, and one for its mask: libass looks through all of them for each frame, so their number matters. */
function detectionEvents(detection: DrawnDetection, trail: readonly Point[], look: Look): string[] {
  const { span, frame, measures } = look;
  const tracked = detection.trackId !== undefined;
  const colour = colourOf(detection.trackId ?? detection.classId);
  const line = tracked ? measures.line : measures.line * 0.6;
  const shapes = [boxShape(detection.box, line), trailShape(trail, measures.line)]
    .filter((shape) => shape !== "")
    .join(" ");
  const alpha = tracked ? "00" : "50";
  return [
    ...DRAWINGS.flatMap(({ behindBox }) => behindBox?.(detection, colour, look) ?? []),
    `Dialogue: 0,${span},shape,,0,0,0,,` +
      `{\\an7\\pos(0,0)\\1c${assColour(colour)}\\1a&H${alpha}&\\3a&H90&\\p4}${shapes}\n`,
    `Dialogue: 1,${span},tag,,0,0,0,,` +
      `{${tagPlace(detection, frame, measures)}${tagColours(colour)}}` +
      `${tagText(detection)}\n`,
  ];
}

/** Above the box; inside it where the picture ends above, and from the right edge leftwards where it ends there. */
function tagPlace(detection: DetectionRow, frame: Size, measures: Measures): string {
  const { font, line, padding } = measures;
  const [x, y] = detection.box;
  const above = y - line / 2 - font - 2 * padding >= 0;
  // Characters of common fonts are about 0.6 of the height wide; the exact width does not matter.
  const fits = x + tagText(detection).length * font * 0.58 + 2 * padding <= frame.width;
  const row = above ? y - line / 2 - padding : Math.max(0, y) + line / 2 + padding;
  const column = fits ? Math.max(0, x - line / 2) + padding : frame.width - padding;
  const anchor = above ? (fits ? 1 : 3) : fits ? 7 : 9;
  return `\\an${anchor}\\pos(${column.toFixed(1)},${row.toFixed(1)})`;
}

function tagText(detection: DetectionRow): string {
  const { label, trackId, score } = detection;
  return [
    safeText(label),
    ...(trackId === undefined ? [] : [String(trackId)]),
    score.toFixed(2),
    ...DRAWINGS.flatMap(({ words }) => words?.(detection) ?? []),
  ].join(" ");
}

/** Hundredths of a second as hours, minutes, seconds and hundredths: `1` is `0:00:00.01`. */
export function assTime(hundredths: number): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  const seconds = Math.floor(hundredths / 100);
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}.${pad(hundredths % 100)}`;
}
