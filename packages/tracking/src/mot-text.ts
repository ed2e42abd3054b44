import { boxDecimals, roundTo, scoreDecimals } from "@framequeue/vision";
import type { BoxXywh } from "@framequeue/vision";

/** A row of MOTChallenge text: `frame,id,left,top,width,height,score[,…]`. */
export interface MotRow {
  /** From 1. */
  readonly frame: number;
  /** -1 for a detection without identity. */
  readonly id: number;
  /** Source pixels. */
  readonly boxXywh: BoxXywh;
  /** Column 7: a score, or in ground truth whether the row counts. */
  readonly score: number;
  /** Columns from 8: `-1,-1,-1` in results, class and visibility in ground truth. */
  readonly rest: readonly number[];
}

/** A line that is no row, with its number from 1. */
export class MotTextError extends Error {
  override readonly name = "MotTextError";
  readonly code = "mot-text-malformed";
  readonly retryable = false;
  readonly line: number;

  constructor(line: number, text: string, expected = "frame,id,left,top,width,height[,score,…]") {
    super(`line ${line}: expected ${expected}, got "${text}"`);
    this.line = line;
  }
}

/**
 * Reads rows separated by commas or blanks, in the order of the text. Blank lines are passed over. A text of six columns
 * has no scores: they are 1.
 *
 * @param least columns that a row must have: 7 where scores are needed
 * @throws MotTextError on a line with fewer columns or another number of them than the first, something that is not a
 *   finite number, a frame below 1, or a frame or id that is not whole
 */
export function parseMotText(text: string, least: 6 | 7 = 6): MotRow[] {
  const rows: MotRow[] = [];
  let wanted = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed === "") continue;
    const columns = trimmed.split(/\s*,\s*|\s+/);
    const values = columns.map((column) => (column === "" ? Number.NaN : Number(column)));
    const [frame, id, left, top, width, height, score = 1, ...rest] = values;
    if (
      frame === undefined ||
      id === undefined ||
      left === undefined ||
      top === undefined ||
      width === undefined ||
      height === undefined ||
      !values.every(Number.isFinite) ||
      !(Number.isSafeInteger(frame) && frame >= 1) ||
      !Number.isSafeInteger(id)
    ) {
      throw new MotTextError(index + 1, trimmed.slice(0, 80));
    }
    if (columns.length < least) {
      throw new MotTextError(
        index + 1,
        trimmed.slice(0, 80),
        "frame,id,left,top,width,height,score",
      );
    }
    // what a shorter row does not say has no value that could be assumed: not a class, nor whether it counts
    wanted ||= columns.length;
    if (columns.length !== wanted) {
      const expected = `${wanted} columns, as in the first row`;
      throw new MotTextError(index + 1, trimmed.slice(0, 80), expected);
    }
    rows.push({ frame, id, boxXywh: [left, top, width, height], score, rest });
  }
  return rows;
}

/**
 * Writes rows in the order given, each ended by a line feed. Scores get 4 decimals; rows without further columns get the `-1,-1,-1` of results.
 */
export function formatMotText(rows: Iterable<MotRow>, decimals = boxDecimals): string {
  let text = "";
  for (const { frame, id, boxXywh, score, rest } of rows) {
    const box = boxXywh.map((value) => roundTo(value, decimals));
    const tail = rest.length > 0 ? rest : [-1, -1, -1];
    text += `${[frame, id, ...box, roundTo(score, scoreDecimals), ...tail].join(",")}\n`;
  }
  return text;
}
