import { KINDS, type Played } from "./fault-case.ts";

/** One line of the table, as soon as it is known. */
export function describe({ case: each, cameBack, lost, others, holds, seconds }: Played): string {
  return [
    holds ? "holds" : "WRONG",
    KINDS[each.kind].padEnd(34),
    each.what.padEnd(72),
    brief(cameBack).padEnd(60),
    `lost: ${lost}`.padEnd(16),
    others,
    `${seconds.toFixed(1)} s`,
  ].join("  ");
}

function brief(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
