import { randomBytes, randomFillSync } from "node:crypto";
import { z } from "zod";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base 32: no i, l, o, u

/** `j` and 22 characters: ten of milliseconds, so that ids sort by time, and twelve random ones. */
export const jobIdSchema = z.string().regex(/^j[0-9a-hjkmnp-tv-z]{22}$/, "is not a job id");
export type JobId = z.infer<typeof jobIdSchema>;

export function newJobId(now: number = Date.now()): JobId {
  let time = "";
  for (let rest = now, i = 0; i < 10; i++) {
    time = ALPHABET[rest % 32]! + time;
    rest = Math.floor(rest / 32);
  }
  const random = [...randomBytes(12)].map((byte) => ALPHABET[byte % 32]).join("");
  return `j${time}${random}`;
}

/** When the job was accepted, in milliseconds since 1970, read from its id. */
export function jobIdTime(id: JobId): number {
  return Array.from(id.slice(1, 11)).reduce((time, char) => time * 32 + ALPHABET.indexOf(char), 0);
}

const TOKEN_BYTES = 9;
/** Drawn for many tokens at once: a draw costs more than all else about a token. */
const drawn = Buffer.alloc(TOKEN_BYTES * 256);
let used = drawn.length;

/** A random value that names a lease, a credit or an epoch. Never a counter: a counter repeats when Redis goes back. */
export function newToken(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const token = drawn.toString("base64url", used, (used += TOKEN_BYTES));
  return token.replaceAll("-", "x").replaceAll("_", "y");
}

/** Batch `batch` of segment `segment`, both from 0. */
export interface BatchId {
  readonly segment: number;
  readonly batch: number;
}

/** `s.b`, the name of a batch inside its job. */
export type BatchKey = `${number}.${number}`;

export const batchKeySchema = z.templateLiteral([z.int().min(0), ".", z.int().min(0)]);

export function batchKey({ segment, batch }: BatchId): BatchKey {
  return `${segment}.${batch}`;
}

export function parseBatchKey(key: string): BatchId {
  const [segment, batch] = key.split(".").map(Number);
  return { segment: segment!, batch: batch! };
}
