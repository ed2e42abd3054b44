import { z } from "zod";
import { batchKeySchema, jobIdSchema } from "./ids.ts";
import { MESSAGE_VERSION } from "./version.ts";

const v = z.literal(MESSAGE_VERSION);
const epoch = z.string().min(1);
/** Enqueue generation: part of the task's id, so that a task still kept under an old id cannot swallow a new one. */
const q = z.int().min(0);

/** Place in the order of turns: the job's virtual time when the task was added. The least goes first. */
const tag = z.number().min(0).optional();

export const ingestMessageSchema = z.object({
  v,
  stage: z.literal("ingest"),
  job: jobIdSchema,
  q: q.optional(),
});

/** Asks for a source on the web; the job's `ingest` waits for it. */
export const fetchMessageSchema = z.object({ v, stage: z.literal("fetch"), job: jobIdSchema });

export const decodeMessageSchema = z.object({
  v,
  stage: z.literal("decode"),
  job: jobIdSchema,
  epoch,
  segment: z.int().min(0),
  q,
  tag,
});

const batchMessage = { v, job: jobIdSchema, epoch, batch: batchKeySchema, q, tag };
export const enhanceMessageSchema = z.object({ ...batchMessage, stage: z.literal("enhance") });
export const inferMessageSchema = z.object({ ...batchMessage, stage: z.literal("infer") });

export const trackMessageSchema = z.object({
  v,
  stage: z.literal("track"),
  job: jobIdSchema,
  epoch,
  q,
});

const postMessage = { v, job: jobIdSchema, epoch, q };
/** The index service cuts the best views of the tracks out of the source, … */
export const cutMessageSchema = z.object({ ...postMessage, stage: z.literal("cut") });
/** … and the infer service looks at them, before index writes the results. */
export const lookMessageSchema = z.object({ ...postMessage, stage: z.literal("look"), tag });
export const indexMessageSchema = z.object({ ...postMessage, stage: z.literal("index") });
export const renderMessageSchema = z.object({ ...postMessage, stage: z.literal("render") });
/** The last step of a job, done by the index service: artefacts named by hash, the result object, the terminal state. */
export const finalizeMessageSchema = z.object({ ...postMessage, stage: z.literal("finalize") });

export const MESSAGE_SCHEMAS = {
  ingest: ingestMessageSchema,
  fetch: fetchMessageSchema,
  decode: decodeMessageSchema,
  enhance: enhanceMessageSchema,
  infer: inferMessageSchema,
  track: trackMessageSchema,
  cut: cutMessageSchema,
  look: lookMessageSchema,
  index: indexMessageSchema,
  render: renderMessageSchema,
  finalize: finalizeMessageSchema,
} as const;

export type MessageStage = keyof typeof MESSAGE_SCHEMAS;
export type MessageOf<S extends MessageStage> = z.infer<(typeof MESSAGE_SCHEMAS)[S]>;
export type Message = { [S in MessageStage]: MessageOf<S> }[MessageStage];

export type IngestMessage = MessageOf<"ingest">;
export type FetchMessage = MessageOf<"fetch">;
export type DecodeMessage = MessageOf<"decode">;
export type EnhanceMessage = MessageOf<"enhance">;
export type InferMessage = MessageOf<"infer">;
export type TrackMessage = MessageOf<"track">;
export type CutMessage = MessageOf<"cut">;
export type LookMessage = MessageOf<"look">;
export type IndexMessage = MessageOf<"index">;
export type RenderMessage = MessageOf<"render">;
export type FinalizeMessage = MessageOf<"finalize">;
