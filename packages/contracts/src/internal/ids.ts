import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { JobId } from "../api/ids.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base 32: no i, l, o, u

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

/** A random value that names a lease, a credit or an epoch. Never a counter: a counter repeats when Redis goes back. */
export function newToken(): string {
  return randomBytes(9).toString("base64url").replaceAll("-", "x").replaceAll("_", "y");
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
