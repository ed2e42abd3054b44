import { z } from "zod";
import { jobIdSchema } from "../api/ids.ts";
import { batchKeySchema } from "./ids.ts";
import { STEP_NAMES, type StepName, STEPS } from "./steps.ts";

/** Version of the queue messages. A service refuses a message of another version and leaves it in the queue. */
export const MESSAGE_VERSION = 1;

const epoch = z.string().min(1);
/** Enqueue generation: part of the task's id, so that a task still kept under an old id cannot swallow a new one. */
const q = z.int().min(0);
/** Place in the order of turns: the job's virtual time when the task was added. The least goes first. */
const tag = z.number().min(0).optional();

/** What names the task of a step, beside its job. */
const SCOPES = {
  job: { q: q.optional() },
  segment: { epoch, segment: z.int().min(0), q, tag },
  batch: { epoch, batch: batchKeySchema, q, tag },
  cursor: { epoch, q },
  tracks: { epoch, q, tag },
} as const;

function messageOf<S extends StepName>(stage: S) {
  return z.object({
    v: z.literal(MESSAGE_VERSION),
    stage: z.literal(stage),
    job: jobIdSchema,
    ...(SCOPES[STEPS[stage].scope] as (typeof SCOPES)[(typeof STEPS)[S]["scope"]]),
  });
}

/** A message asks for one task of a step. */
export const MESSAGE_SCHEMAS = Object.fromEntries(
  STEP_NAMES.map((name) => [name, messageOf(name)]),
) as unknown as { readonly [S in StepName]: ReturnType<typeof messageOf<S>> };

export type MessageStage = StepName;
export type MessageOf<S extends StepName> = z.infer<(typeof MESSAGE_SCHEMAS)[S]>;
export type Message = { [S in StepName]: MessageOf<S> }[StepName];

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
