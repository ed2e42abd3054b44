import { solveAssignment } from "./assignment.ts";
import type { PairList } from "./pair-list.ts";

/**
 * The pairs above a threshold, if there are any and no row or column has two of them; else null.
 * One entry per row: its column, or -1. SORT and OC-SORT take such pairs without solving, which is
 * more than a short cut: the full problem may prefer other pairs and then reject them.
 */
export function unambiguousPairs(
  pairs: PairList,
  rows: number,
  columns: number,
  threshold: number,
): Int32Array | null {
  const columnOfRow = new Int32Array(rows).fill(-1);
  const taken = new Uint8Array(columns);
  let found = false;
  for (let at = 0; at < pairs.count; at++) {
    if (!(pairs.overlaps[at]! > threshold)) continue;
    const row = pairs.rows[at]!;
    const column = pairs.columns[at]!;
    if (columnOfRow[row]! >= 0 || taken[column] === 1) return null;
    columnOfRow[row] = column;
    taken[column] = 1;
    found = true;
  }
  return found ? columnOfRow : null;
}

/**
 * The assignment with the greatest sum of gains, where what is not in the list, and what would lose, is worth nothing.
 * One entry per row: its column, or -1.
 *
 * The same as `solveAssignment` over all pairs with the others at 0. Pairs that every optimum has are taken first; what
 * they leave falls apart into small groups that have no pair in common, and each is solved on its own.
 */
export function solvePairs(pairs: PairList, rows: number, columns: number): Int32Array {
  const columnOfRow = new Int32Array(rows).fill(-1);
  const left = takeForcedPairs(pairs, rows, columns, columnOfRow, 0);
  for (const group of groupsOf(pairs, left, rows, columns)) solveGroup(pairs, group, columnOfRow);
  return columnOfRow;
}

/**
 * Takes the pairs that are in every assignment of greatest sum.
 *
 * A pair is if it is worth more than the best other pair of its row and the best other of its column together, less what
 * the two that would take their places are worth at least: any assignment without it gains by the exchange. Taking one
 * may force another, so this goes on until nothing is.
 *
 * @param columnOfRow is given the pairs
 * @param bound what a pair that is not in the list is worth at most, and what no pair loses more than; from 0
 * @returns the pairs of the list, by index, whose row and column are both free
 */
export function takeForcedPairs(
  pairs: PairList,
  rows: number,
  columns: number,
  columnOfRow: Int32Array,
  bound: number,
): Int32Array {
  let left = Int32Array.from({ length: pairs.count }, (_, at) => at);
  const ofRow = new BestTwo(rows);
  const ofColumn = new BestTwo(columns);
  const columnTaken = new Uint8Array(columns);
  for (let isForced = true; isForced;) {
    isForced = false;
    ofRow.reset(bound);
    ofColumn.reset(bound);
    for (const at of left) {
      ofRow.offer(pairs.rows[at]!, pairs.gains[at]!, at);
      ofColumn.offer(pairs.columns[at]!, pairs.gains[at]!, at);
    }
    for (const at of left) {
      const row = pairs.rows[at]!;
      const column = pairs.columns[at]!;
      if (ofRow.bestAt[row] !== at || ofColumn.bestAt[column] !== at) continue;
      if (!(pairs.gains[at]! > ofRow.second[row]! + ofColumn.second[column]! + bound)) continue;
      columnOfRow[row] = column;
      columnTaken[column] = 1;
      isForced = true;
    }
    if (isForced) {
      left = left.filter(
        (at) => columnOfRow[pairs.rows[at]!]! < 0 && columnTaken[pairs.columns[at]!] === 0,
      );
    }
  }
  return left;
}

/** The best and the second best gain of each row, or of each column. */
class BestTwo {
  readonly best: Float64Array;
  readonly second: Float64Array;
  /** The pair with the best gain, or -1. */
  readonly bestAt: Int32Array;

  constructor(length: number) {
    this.best = new Float64Array(length);
    this.second = new Float64Array(length);
    this.bestAt = new Int32Array(length);
  }

  /** @param floor what there is at least */
  reset(floor: number): void {
    this.best.fill(floor);
    this.second.fill(floor);
    this.bestAt.fill(-1);
  }

  offer(index: number, gain: number, at: number): void {
    if (gain > this.best[index]!) {
      this.second[index] = this.best[index]!;
      this.best[index] = gain;
      this.bestAt[index] = at;
    } else if (gain > this.second[index]!) this.second[index] = gain;
  }
}

/** The pairs that gain, parted into groups that share neither row nor column. */
function groupsOf(
  pairs: PairList,
  left: Int32Array,
  rows: number,
  columns: number,
): Iterable<readonly number[]> {
  const parent = Int32Array.from({ length: rows + columns }, (_, i) => i);
  const rootOf = (start: number): number => {
    let node = start;
    while (parent[node] !== node) node = parent[node] = parent[parent[node]!]!;
    return node;
  };
  for (const at of left) {
    if (pairs.gains[at]! > 0) parent[rootOf(pairs.rows[at]!)] = rootOf(rows + pairs.columns[at]!);
  }
  const groups = new Map<number, number[]>();
  for (const at of left) {
    if (!(pairs.gains[at]! > 0)) continue;
    const root = rootOf(pairs.rows[at]!);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [at]);
    else group.push(at);
  }
  return groups.values();
}

/** Solves the group over the rows and columns that it has. */
function solveGroup(pairs: PairList, group: readonly number[], columnOfRow: Int32Array): void {
  const rows = [...new Set(group.map((at) => pairs.rows[at]!))];
  const columns = [...new Set(group.map((at) => pairs.columns[at]!))];
  const rowAt = new Map(rows.map((row, i) => [row, i]));
  const columnAt = new Map(columns.map((column, i) => [column, i]));
  const costs = new Float64Array(rows.length * columns.length);
  for (const at of group) {
    const place = rowAt.get(pairs.rows[at]!)! * columns.length + columnAt.get(pairs.columns[at]!)!;
    costs[place] = -pairs.gains[at]!;
  }
  for (const [i, j] of solveAssignment(costs, rows.length, columns.length).entries()) {
    if (j >= 0 && costs[i * columns.length + j]! < 0) columnOfRow[rows[i]!] = columns[j]!;
  }
}
