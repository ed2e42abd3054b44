import type { BoxXyxy } from "@framequeue/vision";

/**
 * Pairs of a row and a column that overlap, with what each is worth. Most of a scene's boxes lie apart, so that of all
 * pairs these few are all that an association has to look at. Kept from frame to frame, for its memory.
 */
export class PairList {
  count = 0;
  rows = new Int32Array(64);
  columns = new Int32Array(64);
  /** Above 0 up to 1. */
  overlaps = new Float64Array(64);
  /** What is to be made as large as possible. */
  gains = new Float64Array(64);
  /** Left, top, right, bottom and area of each column's box. */
  #boxes = new Float64Array(0);

  /** IoU of all pairs that overlap: plain real-number overlap, no +1 pixel. The gain of each is its overlap. */
  fillWithIou(rows: readonly BoxXyxy[], columns: readonly BoxXyxy[]): void {
    this.#fill(rows, columns, 0);
  }

  /**
   * "IoU+1": coordinates count as whole pixels, so widths and heights, of intersections too, are 1 greater, and boxes up
   * to 1 px apart overlap. What ByteTrack and BoT-SORT use; the difference is large for small boxes.
   */
  fillWithIouPlusOne(rows: readonly BoxXyxy[], columns: readonly BoxXyxy[]): void {
    this.#fill(rows, columns, 1);
  }

  #fill(rows: readonly BoxXyxy[], columns: readonly BoxXyxy[], extraPx: 0 | 1): void {
    this.count = 0;
    if (rows.length === 0) return;
    const boxes = this.#load(columns, extraPx);
    const end = 5 * columns.length;
    for (const [row, box] of rows.entries()) {
      const [left, top] = box;
      const right = box[2] + extraPx;
      const bottom = box[3] + extraPx;
      const area = areaOf(box, extraPx);
      for (let at = 0; at < end; at += 5) {
        // Most pairs of a scene lie apart, so the cheapest tests come first.
        if (boxes[at]! >= right || boxes[at + 2]! <= left) continue;
        if (boxes[at + 1]! >= bottom || boxes[at + 3]! <= top) continue;
        const width = Math.min(right, boxes[at + 2]!) - Math.max(left, boxes[at]!);
        const height = Math.min(bottom, boxes[at + 3]!) - Math.max(top, boxes[at + 1]!);
        const intersection = width * height;
        const overlap = intersection / (area + boxes[at + 4]! - intersection);
        if (width > 0 && height > 0 && overlap > 0) this.#add(row, at / 5, overlap);
      }
    }
  }

  #load(columns: readonly BoxXyxy[], extraPx: 0 | 1): Float64Array {
    if (this.#boxes.length < 5 * columns.length) this.#boxes = new Float64Array(8 * columns.length);
    const boxes = this.#boxes;
    for (let column = 0; column < columns.length; column++) {
      const box = columns[column]!;
      const at = 5 * column;
      boxes[at] = box[0];
      boxes[at + 1] = box[1];
      boxes[at + 2] = box[2] + extraPx;
      boxes[at + 3] = box[3] + extraPx;
      boxes[at + 4] = areaOf(box, extraPx);
    }
    return boxes;
  }

  #add(row: number, column: number, overlap: number): void {
    if (this.count === this.rows.length) this.#grow();
    this.rows[this.count] = row;
    this.columns[this.count] = column;
    this.overlaps[this.count] = overlap;
    this.gains[this.count] = overlap;
    this.count++;
  }

  #grow(): void {
    const { rows, columns, overlaps, gains } = this;
    this.rows = new Int32Array(2 * rows.length);
    this.columns = new Int32Array(2 * rows.length);
    this.overlaps = new Float64Array(2 * rows.length);
    this.gains = new Float64Array(2 * rows.length);
    this.rows.set(rows);
    this.columns.set(columns);
    this.overlaps.set(overlaps);
    this.gains.set(gains);
  }
}

function areaOf([x1, y1, x2, y2]: BoxXyxy, extraPx: number): number {
  return Math.max(0, x2 - x1 + extraPx) * Math.max(0, y2 - y1 + extraPx);
}
