/**
 * Optimal assignment in rectangular cost matrices.
 *
 * Costs are row-major `[rows, columns]` and finite. Results have one entry per row: its column, or
 * -1. Where several assignments cost the same, the choice is deterministic but unspecified.
 */

/**
 * Assigns every row of the smaller side, with the least total cost.
 *
 * Shortest augmenting paths with dual variables: Jonker and Volgenant, "A shortest augmenting path
 * algorithm for dense and sparse linear assignment problems", Computing 38 (1987); rectangular as
 * in Crouse, "On implementing 2D rectangular assignment algorithms" (2016). O(rows² columns) at
 * worst, near O(rows columns) when most rows want different columns.
 *
 * @throws RangeError if the length of `costs` is not rows * columns or a cost is not finite
 */
export function solveAssignment(costs: Float64Array, rows: number, columns: number): Int32Array {
  if (costs.length !== rows * columns) {
    throw new RangeError(`${rows} x ${columns} costs expected, got ${costs.length}`);
  }
  if (!costs.every(Number.isFinite)) throw new RangeError("a cost is not finite");
  if (rows <= columns) return assignEveryRow(costs, rows, columns).columnOfRow;

  const transposed = new Float64Array(costs.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) transposed[j * rows + i] = costs[i * columns + j]!;
  }
  return assignEveryRow(transposed, columns, rows).rowOfColumn;
}

/**
 * "Solve, then reject": solves the full problem and drops the pairs that cost more than `maxCost`.
 * Pairs that will be dropped take part in the optimum. The rule of DeepSORT; that of SORT and OC-SORT is in sort-matching.ts, that of ByteTrack and BoT-SORT in byte-matching.ts.
 */
export function solveThenReject(
  costs: Float64Array,
  rows: number,
  columns: number,
  maxCost: number,
): Int32Array {
  const columnOfRow = solveAssignment(costs, rows, columns);
  for (let i = 0; i < rows; i++) {
    const j = columnOfRow[i]!;
    if (j >= 0 && costs[i * columns + j]! > maxCost) columnOfRow[i] = -1;
  }
  return columnOfRow;
}

interface Matching {
  readonly columnOfRow: Int32Array;
  readonly rowOfColumn: Int32Array;
}

/**
 * Needs rows <= columns. Invariant: `cost - rowDual - columnDual` is never negative and is 0 for
 * every assigned pair, and unassigned columns have a dual of 0.
 */
function assignEveryRow(costs: Float64Array, rows: number, columns: number): Matching {
  const columnOfRow = new Int32Array(rows).fill(-1);
  const rowOfColumn = new Int32Array(columns).fill(-1);
  const rowDual = new Float64Array(rows);
  const columnDual = new Float64Array(columns);

  // A row whose cheapest column is still free takes it at once; only the rest need paths.
  for (let i = 0; i < rows; i++) {
    let cheapest = 0;
    for (let j = 1; j < columns; j++) {
      if (costs[i * columns + j]! < costs[i * columns + cheapest]!) cheapest = j;
    }
    rowDual[i] = costs[i * columns + cheapest]!;
    if (rowOfColumn[cheapest]! < 0) {
      columnOfRow[i] = cheapest;
      rowOfColumn[cheapest] = i;
    }
  }

  const distance = new Float64Array(columns);
  const previousRow = new Int32Array(columns);
  /** A permutation of the columns: the settled ones first, in the order they were settled. */
  const order = Int32Array.from({ length: columns }, (_, j) => j);

  for (let start = 0; start < rows; start++) {
    if (columnOfRow[start]! >= 0) continue;
    distance.fill(Number.POSITIVE_INFINITY);
    let settled = 0;
    let row = start;
    let reached = 0;
    let freeColumn = -1;
    while (freeColumn < 0) {
      const offset = reached - rowDual[row]!;
      let nearest = -1;
      let nearestDistance = Number.POSITIVE_INFINITY;
      for (let at = settled; at < columns; at++) {
        const j = order[at]!;
        const throughRow = offset + costs[row * columns + j]! - columnDual[j]!;
        if (throughRow < distance[j]!) {
          distance[j] = throughRow;
          previousRow[j] = row;
        }
        // Among equals a free column ends the search soonest.
        if (
          distance[j]! < nearestDistance ||
          (distance[j] === nearestDistance && rowOfColumn[j]! < 0)
        ) {
          nearest = at;
          nearestDistance = distance[j]!;
        }
      }
      const column = order[nearest]!;
      order[nearest] = order[settled]!;
      order[settled] = column;
      settled++;
      reached = nearestDistance;
      row = rowOfColumn[column]!;
      if (row < 0) freeColumn = column;
    }

    rowDual[start]! += reached;
    for (let at = 0; at < settled - 1; at++) {
      const j = order[at]!;
      const slack = reached - distance[j]!;
      rowDual[rowOfColumn[j]!]! += slack;
      columnDual[j]! -= slack;
    }

    for (let column = freeColumn; column >= 0;) {
      const from = previousRow[column]!;
      const given = columnOfRow[from]!;
      columnOfRow[from] = column;
      rowOfColumn[column] = from;
      column = given;
    }
  }
  return { columnOfRow, rowOfColumn };
}
