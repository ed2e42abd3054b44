import type { Row } from "./measure.ts";

const COLUMNS = [
  ["kind", 16],
  ["load", 6],
  ["alone", 8],
  ["beside", 8],
  ["ratio", 7],
  ["refused", 9],
  ["within", 8],
  ["load", 6],
  ["after", 8],
  ["ratio", 7],
  ["results", 9],
] as const;

/** Above the lines; times are in seconds. */
export const HEADER = lineOf(COLUMNS.map(([name]) => name));

export function describe(row: Row): string {
  const {
    attack,
    load,
    within,
    alone,
    beside,
    refused,
    loadAfter,
    after,
    aloneBefore,
    isSame,
    faults,
  } = row;
  const cells = [
    attack.name,
    load.toFixed(1),
    alone.toFixed(1),
    beside.toFixed(1),
    (beside / alone).toFixed(2),
    refused?.toFixed(1) ?? "no",
    within.toFixed(0),
    loadAfter.toFixed(1),
    after.toFixed(1),
    (after / aloneBefore).toFixed(2),
    isSame ? "same" : "OTHERS",
  ];
  return `${lineOf(cells)}  ${faults.length === 0 ? "holds" : `WRONG: ${faults.join("; ")}`}`;
}

function lineOf(cells: readonly string[]): string {
  return COLUMNS.map(([, width], i) => {
    const cell = cells[i] ?? "";
    return i === 0 ? cell.padEnd(width) : cell.padStart(width);
  }).join("");
}
