import { bounded, BOUNDS, ProblemError } from "@framequeue/contracts";

/**
 * Bytes of what a client says in JSON. A job's request is kept as it is for as long as the job, and read with every
 * look at it; the largest that says something, 100 zones of 100 points, takes some 200 kB.
 */
export const JSON_LIMIT_BYTES = 262_144;
/** Characters of a text: the longest that means something is the address of a source. */
const MOST_TEXT = 8_192;
/** Entries of a list: the longest that means something names labels. */
const MOST_ENTRIES = 2_000;
const MOST_FIELDS = 200;
const MOST_DEPTH = 20;

/**
 * Refuses what is larger than anything that means something, whatever field it stands in: schemas say what a field
 * means, and this how large any may be.
 *
 * @param what names the whole value
 * @throws ProblemError `invalid-request` naming the first field that is too large
 */
export function refuseOversized(value: unknown, what: string): void {
  walk(value, [], what);
}

function walk(value: unknown, path: readonly string[], what: string): void {
  const refuse = (detail: string): never => {
    const at = path.length === 0 ? what : bounded(path.join("."), BOUNDS.name);
    throw new ProblemError("invalid-request", `${at}: ${detail}`, { at });
  };
  if (typeof value === "string" && value.length > MOST_TEXT) {
    refuse(`may have ${MOST_TEXT} characters at most, and has ${value.length}`);
  }
  if (typeof value !== "object" || value === null) return;
  if (path.length === MOST_DEPTH) refuse(`is more than ${MOST_DEPTH} levels deep`);
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const [most, kind] = isList ? [MOST_ENTRIES, "entries"] : [MOST_FIELDS, "fields"];
  if (entries.length > most) {
    refuse(`may have ${most} ${kind} at most, and has ${entries.length}`);
  }
  for (const [name, below] of entries) {
    if (name.length > BOUNDS.name) {
      refuse(`a name of a field may have ${BOUNDS.name} characters at most`);
    }
    walk(below, [...path, name], what);
  }
}

export function jsonTooLarge(what: string, at?: string): ProblemError {
  return new ProblemError(
    "payload-too-large",
    `${what} may have ${JSON_LIMIT_BYTES} bytes at most.`,
    at === undefined ? {} : { at },
  );
}
