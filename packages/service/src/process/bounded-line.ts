import { boundedValue, BOUNDS } from "@framequeue/contracts";

/** Bytes of a line of the log: collectors cut longer ones, or break them in two. */
export const LONGEST_LINE = 16_384;

/** What is tried in turn until the line fits. */
const TRIES = [
  { text: 4 * BOUNDS.text, entries: 100, depth: 8 },
  { text: BOUNDS.text, entries: BOUNDS.entries, depth: 5 },
  { text: BOUNDS.name, entries: BOUNDS.entries, depth: 2 },
  { text: BOUNDS.name / 4, entries: BOUNDS.entries, depth: 2 },
];

/** A line of the log, itself one JSON object; where it is too long, its texts and lists are cut until it is not. */
export function boundedLine(line: string): string {
  // No character takes more than three bytes for each of its units.
  if (line.length * 3 <= LONGEST_LINE || Buffer.byteLength(line) <= LONGEST_LINE) return line;
  // What a line is about stands at its end, and must not be what is left out.
  const { msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  let cut = line;
  for (const bounds of TRIES) {
    const kept = boundedValue(fields, bounds) as Record<string, unknown>;
    cut = `${JSON.stringify({ ...kept, msg: boundedValue(msg, bounds) })}\n`;
    if (Buffer.byteLength(cut) <= LONGEST_LINE) break;
  }
  return cut;
}
