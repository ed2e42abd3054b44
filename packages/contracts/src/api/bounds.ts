/**
 * How large what we say may become, however large that is of which it tells. Whatever goes into a problem, a record, a
 * log line or a message passes through here: an answer as large as what was sent fills Redis, logs and memory.
 */
export const BOUNDS = {
  /** Characters of a sentence for people: a problem's detail, the text of an error. */
  text: 2_000,
  /** Characters of what names a field, a file or a thing. */
  name: 200,
  /** Characters of a model's name and of its version: they become parts of file names. */
  modelName: 100,
  /** Characters of a label: it stands with every detection. */
  label: 200,
  /** Characters of one fault among several. */
  fault: 400,
  /** Entries of a list that is told, such as faults and warnings. */
  entries: 20,
} as const;

/** The text, cut where it is longer than `most` characters; then its end says so. Never cuts a character in two. */
export function bounded(text: string, most: number = BOUNDS.text): string {
  if (text.length <= most) return text;
  const end = `… (${text.length} characters)`;
  const kept = text.slice(0, Math.max(0, most - end.length));
  // The first half of a pair without its other half is no character.
  return `${kept.replace(/[\uD800-\uDBFF]$/, "")}${end}`;
}

/** The first of them, joined; where there are more than `most`, how many more. */
export function listed(
  entries: readonly string[],
  separator = ", ",
  most: number = BOUNDS.entries,
): string {
  const shown = entries.slice(0, most).map((entry) => bounded(entry, BOUNDS.fault));
  const more = entries.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(separator);
}

/** How deep and how wide {@link boundedValue} looks. */
interface ValueBounds {
  readonly text: number;
  readonly entries: number;
  readonly depth: number;
}

/** A JSON value of which every text, list and object is cut to its bounds; what is small is the same. */
export function boundedValue(value: unknown, bounds: ValueBounds): unknown {
  const { text, entries, depth } = bounds;
  if (typeof value === "string") return bounded(value, text);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "…";
  const below = { text, entries, depth: depth - 1 };
  if (Array.isArray(value)) {
    const shown = value.slice(0, entries).map((entry) => boundedValue(entry, below));
    return value.length > entries ? [...shown, `… (${value.length} entries)`] : shown;
  }
  const all = Object.entries(value);
  const shown = all
    .slice(0, entries)
    .map(([name, each]) => [bounded(name, BOUNDS.name), boundedValue(each, below)]);
  if (all.length > entries) shown.push(["…", `${all.length} fields`]);
  return Object.fromEntries(shown);
}
