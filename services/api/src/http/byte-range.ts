import type { ByteRange } from "@framequeue/storage";

/**
 * Reads a `Range` header for a file of `bytes` bytes (RFC 9110, section 14). Several ranges, other units and what is
 * not well formed are ignored, as the RFC allows: the answer is then the whole file.
 *
 * @returns the range; undefined for the whole file; "outside" when no byte of the file is in it
 */
export function parseByteRange(
  header: string | undefined,
  bytes: number,
): ByteRange | "outside" | undefined {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? "");
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") {
    if (last === "") return undefined;
    const length = Math.min(Number(last), bytes);
    return length === 0 ? "outside" : { start: bytes - length, end: bytes - 1 };
  }
  const start = Number(first);
  const end = last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= bytes ? "outside" : { start, end };
}

/** Whether an `If-None-Match` header names the tag; weak comparison. */
export function namesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((part) => {
    const tag = part.trim().replace(/^W\//, "");
    return tag === "*" || tag === etag;
  });
}
