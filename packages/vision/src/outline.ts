import type { Size } from "./box.ts";

export type OutlinePoint = readonly [x: number, y: number];

/** How far a simplified outline may run from the cells that it surrounds, in cells. */
const TOLERANCE = 0.8;
/** Cells that a piece has at least: smaller ones are specks. */
const LEAST_CELLS = 3;

/**
 * The outlines of a mask, simplified: a closed polygon for each piece and each hole. Pieces turn clockwise as they are
 * seen, holes the other way, so that both fill right by the non-zero rule. The mask is looked at in cells, of which the
 * pixel in the middle counts.
 *
 * @param runs of the mask, as COCO keeps them
 * @param cell side of a cell, in whole pixels
 * @returns corners in pixels of the picture
 */
export function outlines(
  runs: ArrayLike<number>,
  size: Size,
  cell: number,
): (readonly OutlinePoint[])[] {
  const columns = Math.ceil(size.width / cell);
  const rows = Math.ceil(size.height / cell);
  const grid = sample(runs, size, cell, columns, rows);
  return trace(grid, columns, rows)
    .filter((loop) => Math.abs(signedArea(loop)) >= LEAST_CELLS)
    .map((loop) =>
      simplified(loop).map(([x, y]): OutlinePoint => [
        Math.min(x * cell, size.width),
        Math.min(y * cell, size.height),
      ]),
    )
    .filter((loop) => loop.length >= 3);
}

/** `[rows, columns]`: 1 where the middle of a cell is inside. */
function sample(
  runs: ArrayLike<number>,
  { width, height }: Size,
  cell: number,
  columns: number,
  rows: number,
): Uint8Array {
  const grid = new Uint8Array(columns * rows);
  const middle = (index: number, length: number): number =>
    Math.min(index * cell + (cell >> 1), length - 1);
  const columnAt = new Int32Array(width).fill(-1);
  for (let column = 0; column < columns; column++) columnAt[middle(column, width)] = column;
  let at = 0;
  for (let i = 0; i < runs.length; at += runs[i]!, i++) {
    if (i % 2 === 0) continue;
    const last = at + runs[i]! - 1;
    for (let x = Math.floor(at / height); x <= Math.floor(last / height); x++) {
      const column = columnAt[x]!;
      if (column === -1) continue;
      const top = Math.max(at, x * height) - x * height;
      const bottom = Math.min(last, (x + 1) * height - 1) - x * height;
      for (let row = Math.floor(top / cell); row < rows && row * cell <= bottom; row++) {
        const y = middle(row, height);
        if (y >= top && y <= bottom) grid[row * columns + column] = 1;
      }
    }
  }
  return grid;
}

/** The borders between inside and outside as closed loops of corners, the inside to the right. */
function trace(grid: Uint8Array, columns: number, rows: number): OutlinePoint[][] {
  const stride = columns + 1;
  const isIn = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < columns && y < rows && grid[y * columns + x] === 1;
  /** By its start, where an edge goes; two where cells touch at a corner. */
  const edges = new Map<number, number[]>();
  const add = (x1: number, y1: number, x2: number, y2: number): void => {
    const from = y1 * stride + x1;
    const to = y2 * stride + x2;
    const known = edges.get(from);
    if (known) known.push(to);
    else edges.set(from, [to]);
  };
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (!isIn(x, y)) continue;
      if (!isIn(x, y - 1)) add(x, y, x + 1, y);
      if (!isIn(x + 1, y)) add(x + 1, y, x + 1, y + 1);
      if (!isIn(x, y + 1)) add(x + 1, y + 1, x, y + 1);
      if (!isIn(x - 1, y)) add(x, y + 1, x, y);
    }
  }
  const loops: OutlinePoint[][] = [];
  for (const start of edges.keys()) {
    while (edges.has(start)) {
      const loop: OutlinePoint[] = [];
      let at = start;
      do {
        loop.push([at % stride, Math.floor(at / stride)]);
        const next = edges.get(at)!;
        const to = next.pop()!;
        if (next.length === 0) edges.delete(at);
        at = to;
      } while (at !== start);
      loops.push(loop);
    }
  }
  return loops;
}

/** Positive where the loop turns clockwise as it is seen, y downwards. */
function signedArea(loop: readonly OutlinePoint[]): number {
  let twice = 0;
  for (const [i, [x, y]] of loop.entries()) {
    const [nextX, nextY] = loop[(i + 1) % loop.length]!;
    twice += x * nextY - nextX * y;
  }
  return twice / 2;
}

/** Douglas and Peucker's simplification of a closed loop, begun at its first corner and the one farthest from that. */
function simplified(loop: readonly OutlinePoint[]): OutlinePoint[] {
  const [first] = loop as readonly [OutlinePoint];
  let far = 0;
  for (const [i, point] of loop.entries()) {
    if (distance(point, first) > distance(loop[far]!, first)) far = i;
  }
  const there = reduced(loop.slice(0, far + 1));
  const back = reduced([...loop.slice(far), first]);
  return [...there.slice(0, -1), ...back.slice(0, -1)];
}

function reduced(line: readonly OutlinePoint[]): OutlinePoint[] {
  const keep = new Uint8Array(line.length);
  keep[0] = keep[line.length - 1] = 1;
  const spans: [number, number][] = [[0, line.length - 1]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [from, to] = span;
    let worst = TOLERANCE;
    let at = -1;
    for (let i = from + 1; i < to; i++) {
      const off = offLine(line[i]!, line[from]!, line[to]!);
      if (off > worst) [worst, at] = [off, i];
    }
    if (at === -1) continue;
    keep[at] = 1;
    spans.push([from, at], [at, to]);
  }
  return line.filter((_, i) => keep[i] === 1);
}

function offLine(point: OutlinePoint, from: OutlinePoint, to: OutlinePoint): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  if (length === 0) return distance(point, from);
  return Math.abs(dx * (point[1] - from[1]) - dy * (point[0] - from[0])) / length;
}

function distance([ax, ay]: OutlinePoint, [bx, by]: OutlinePoint): number {
  return Math.hypot(ax - bx, ay - by);
}
