import { z } from "zod";
import { jobIdSchema } from "../api/ids.ts";

/**
 * Asks for something that is made of a job that has ended. There is no step of a job behind it: it has no epoch, is in no
 * ledger, and asked for twice it is one task.
 */
export const derivationTaskSchema = z.object({
  v: z.literal(1),
  job: jobIdSchema,
  /** sha256 of what it is made of and how, in hexadecimal: the same name is the same bytes. */
  name: z.string().regex(/^[0-9a-f]{64}$/),
  kind: z.literal("format"),
  /** The name of the file. */
  format: z.string(),
  /** As the format read them. */
  options: z.unknown(),
});
export type DerivationTask = z.infer<typeof derivationTaskSchema>;

/** `jobs/<id>/derived/<name>.json`: where it lies once it is made. */
export const derivationRecordSchema = z.object({
  v: z.literal(1),
  job: jobIdSchema,
  name: z.string(),
  artifact: z.object({ key: z.string(), bytes: z.int(), sha256: z.string() }),
});
export type DerivationRecord = z.infer<typeof derivationRecordSchema>;
