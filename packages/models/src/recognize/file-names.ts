/**
 * Class names as exporters of Python programs write them into a file: `{0: 'person', 1: "driver's seat"}`, also with
 * quotes around the numbers, or a list of them. Undefined where they are not numbered from 0, or are none.
 */
export function parseNames(text: string): string[] | undefined {
  const trimmed = text.trim();
  const isList = trimmed.startsWith("[");
  const names: string[] = [];
  for (const [, id, single, double] of trimmed.matchAll(isList ? LISTED : NUMBERED)) {
    if (!isList && Number(id) !== names.length) return undefined;
    names.push((single ?? double ?? "").replace(/\\(.)/g, "$1"));
  }
  return names.length === 0 || names.includes("") ? undefined : names;
}

const TEXT = `'((?:[^'\\\\]|\\\\.)*)'|"((?:[^"\\\\]|\\\\.)*)"`;
const NUMBERED = new RegExp(`["']?(\\d+)["']?\\s*:\\s*(?:${TEXT})`, "g");
const LISTED = new RegExp(`()(?:${TEXT})`, "g");
