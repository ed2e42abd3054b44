import { z } from "zod";
import { RESULT_TYPES } from "../../results/media-types.ts";
import { jobIdSchema } from "../ids.ts";
import { modelRefSchema } from "../models.ts";
import { jobParam } from "./jobs.ts";
import { empty, json, type Operation, stream } from "./operation.ts";
import { READS } from "./shared-problems.ts";

const comparedJobSchema = z.object({
  job: jobIdSchema,
  models: z.array(modelRefSchema),
  framesPerSecond: z.number(),
});

/** How far the detections of two jobs over the same source agree. */
export const comparisonSchema = z.object({
  first: comparedJobSchema,
  second: comparedJobSchema,
  agreement: z.object({
    frames: z.int(),
    /** Frames in which each detection of one has its like in the other. */
    equalFrames: z.int(),
    /** Detections of the first, of the second, and of each that has its like in the other. */
    first: z.int(),
    second: z.int(),
    agreed: z.int(),
    /** 2 × agreed / (first + second): 0 to 1, 1 where neither saw anything. */
    share: z.number(),
    /** Mean IoU of the pairs; 1 where there are none. */
    overlap: z.number(),
  }),
});
export type Comparison = z.infer<typeof comparisonSchema>;

const madeSchema = z.object({ job: jobIdSchema, name: z.string(), detail: z.string() });

const whole = {
  etag: "The file's sha256, in quotes.",
  "accept-ranges": "`bytes`.",
  "cache-control": "`private, no-cache`: to be asked for again, with its ETag.",
  "content-disposition": "The file's name.",
  "content-security-policy": "What a browser may load when it shows the file.",
} as const;
const bytes = { ...whole, "content-length": "Bytes of the answer." } as const;

export const RESULT_OPERATIONS = {
  compareJobs: {
    method: "GET",
    path: "/v1/jobs/{id}/compare/{other}",
    scope: "read",
    summary: "Holds the detections of two jobs over the same source against each other.",
    params: { id: jobParam, other: { ...jobParam, means: "The other job's id." } },
    answers: { 200: json(comparisonSchema, "How far they agree.") },
    problems: [...READS, "result-not-ready", "result-damaged", "record-damaged"],
  },
  getResult: {
    method: "GET",
    path: "/v1/jobs/{id}/results/{name}",
    scope: "read",
    summary: "Hands out a result file, whole or one range of it.",
    params: {
      id: jobParam,
      name: {
        schema: z.string(),
        means: "The file's name, as the job has it, or of a format that is made on request.",
        absent: "not-found",
        sentence: (text) => `There is no result ${text}.`,
      },
    },
    query: z.looseObject({}).describe("Options of a format that is made on request."),
    headers: z.object({
      range: z.string().optional().describe("The bytes that are wanted, such as `bytes=0-1023`."),
      "if-range": z.string().optional().describe("The ETag of which the range is wanted."),
      "if-none-match": z.string().optional().describe("ETags that the client has."),
    }),
    answers: {
      200: stream(RESULT_TYPES, "The file.", bytes),
      202: json(madeSchema, "The file is being made; ask again.", {
        "retry-after": "Seconds after which to ask again.",
      }),
      206: stream(RESULT_TYPES, "The range.", {
        ...bytes,
        "content-range": "Where it is in the file.",
      }),
      304: empty("The client has the file.", whole),
    },
    problems: [
      ...READS,
      "not-found",
      "result-not-ready",
      "result-damaged",
      "record-damaged",
      "range-not-satisfiable",
      "store-full",
    ],
  },
} as const satisfies Record<string, Operation>;
