import {
  executionOptionsSchema,
  ProblemError,
  resultOptionsSchema,
  invalid,
} from "@framequeue/contracts";
import type { ExecutionOptions, ResultOptions } from "@framequeue/contracts";
import { parseStrictly, wholeNumber } from "./parse-options.ts";
import { FRAME_STORES, type FrameStoreKind } from "../system/private-frames.ts";

export interface AnalyzeOptions {
  readonly videos: readonly string[];
  /** Name or file. */
  readonly model: string;
  readonly manifest?: string;
  /** Name or file of a model that says what detections look like. */
  readonly classifier?: string;
  readonly segmenter?: string;
  readonly embedder?: string;
  readonly out: string;
  /** Results of another video go. */
  readonly replace: boolean;
  readonly json: boolean;
  readonly render: boolean;
  readonly inferWorkers?: number;
  readonly frameStore: FrameStoreKind;
  /** File with what is counted. */
  readonly analytics?: string;
  readonly options: ResultOptions;
  readonly execution: ExecutionOptions;
}

export const ANALYZE_USAGE = `Usage: npm run analyze -- VIDEO… [options]

Finds and tracks the objects in each video; leaves data and an annotated video.

  --model NAME|FILE      detector, or classifier or segmenter of whole frames (default yolox-nano, fetched on first use)
  --manifest FILE        describes a model that is not recognised
  --tracker NAME         bytetrack (default), botsort, deepsort, ocsort or sort
  --classifier NAME|FILE model that classifies what the detector finds
  --segmenter NAME|FILE  model that says of every pixel what it shows
  --embedder NAME|FILE   model that tells looks, for deepsort and botsort, such as person-reid-0287
  --views N              let it, or the classifier, look at the N best views of each track alone, after tracking
  --camera-motion        tracks follow a camera that moves; needs --tracker botsort
  --out DIR              where results go, a folder per video (default out)
  --replace              results of another video that are in such a folder go
  --json                 one JSON object per video on stdout and nothing else there
  --no-video             do not write the annotated video
  --stream N             the video stream to look at, by its place in the file (default: the one that ffmpeg takes)
  --every-nth N          look at every N-th frame only, 1 to 60 (default 1)
  --min-score NUMBER     drop detections below (default: the model's own)
  --analytics FILE       JSON with lines and zones to count in
  --labels A,B           keep only these labels
  --normalize            stretch the colours of each frame first
  --batch N              frames per queue message, 1 to 64 (default 16)
  --segment-seconds N    length of the pieces that are decoded in parallel, 0 for one piece (default 60)
  --infer-workers N      inference threads (default: one per core)
  --frame-store KIND     where pixels wait: memory, file or redis (default memory); redis starts servers of its own
                         unless FQ_FRAME_REDIS_URLS names some
  --help                 this text
`;

const OPTIONS = {
  model: { type: "string" },
  manifest: { type: "string" },
  tracker: { type: "string" },
  classifier: { type: "string" },
  segmenter: { type: "string" },
  embedder: { type: "string" },
  views: { type: "string" },
  "camera-motion": { type: "boolean" },
  stream: { type: "string" },
  "every-nth": { type: "string" },
  out: { type: "string" },
  replace: { type: "boolean" },
  json: { type: "boolean" },
  "no-video": { type: "boolean" },
  "min-score": { type: "string" },
  analytics: { type: "string" },
  labels: { type: "string" },
  normalize: { type: "boolean" },
  batch: { type: "string" },
  "segment-seconds": { type: "string" },
  "infer-workers": { type: "string" },
  "frame-store": { type: "string", default: "memory" },
  help: { type: "boolean" },
} as const;

/** Undefined when help is asked for. Throws `unknown-option` or `invalid-request` that names the option. */
export function parseAnalyzeOptions(args: readonly string[]): AnalyzeOptions | undefined {
  const { values, positionals } = parseStrictly({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) return undefined;
  if (positionals.length === 0) {
    throw new ProblemError("invalid-request", "Name at least one video: npm run analyze -- VIDEO", {
      at: "VIDEO",
    });
  }
  const workers = values["infer-workers"];
  const inferWorkers =
    workers === undefined ? undefined : wholeNumber(workers, "--infer-workers", 1, 64);
  const options = resultOptionsOf(values);
  const execution = executionOptionsSchema.safeParse({
    ...optional("batchFrames", values.batch === undefined ? undefined : Number(values.batch)),
    ...optional(
      "segmentSeconds",
      values["segment-seconds"] === undefined ? undefined : Number(values["segment-seconds"]),
    ),
  });
  if (!execution.success) throw inOptions(invalid("invalid-request", "execution", execution.error));
  return {
    videos: positionals,
    model: values.model ?? "yolox-nano",
    out: values.out ?? "out",
    replace: values.replace ?? false,
    json: values.json ?? false,
    render: !(values["no-video"] ?? false),
    frameStore: frameStoreOf(values["frame-store"]),
    options,
    execution: execution.data,
    ...optional("analytics", values.analytics),
    ...optional("manifest", values.manifest),
    ...optional("classifier", values.classifier),
    ...optional("segmenter", values.segmenter),
    ...optional("embedder", values.embedder),
    ...optional("inferWorkers", inferWorkers),
  };
}

/** Fields of a job by the option that sets them. */
const OPTION_OF: Readonly<Record<string, string>> = {
  minScore: "--min-score",
  labels: "--labels",
  views: "--views",
  tracker: "--tracker",
  batchFrames: "--batch",
  segmentSeconds: "--segment-seconds",
};

/** A problem about fields of a job, in the words of the command line. */
function inOptions(problem: ProblemError): ProblemError {
  const errors = (problem.errors ?? []).map(({ at, detail }) => ({
    at: OPTION_OF[at.split(".")[0]!] ?? at,
    detail,
  }));
  const text = errors.map(({ at, detail }) => `${at}: ${detail}`).join("; ");
  const at = errors[0]?.at;
  return new ProblemError(problem.code, text, { ...(at === undefined ? {} : { at }), errors });
}

/** What the options that are set say about the result. Throws `invalid-request` with every fault. */
export function resultOptionsOf(values: {
  readonly tracker?: string | undefined;
  readonly embedder?: string | undefined;
  readonly views?: string | undefined;
  readonly "camera-motion"?: boolean | undefined;
  readonly stream?: string | undefined;
  readonly "every-nth"?: string | undefined;
  readonly "min-score"?: string | undefined;
  readonly labels?: string | undefined;
  readonly normalize?: boolean | undefined;
}): ResultOptions {
  const { stream, views, labels, normalize = false } = values;
  const minScore = values["min-score"];
  const everyNth = values["every-nth"];
  const options = resultOptionsSchema.safeParse({
    ...optional(
      "stream",
      stream === undefined ? undefined : wholeNumber(stream, "--stream", 0, 1000),
    ),
    ...optional(
      "everyNth",
      everyNth === undefined ? undefined : wholeNumber(everyNth, "--every-nth", 1, 60),
    ),
    ...optional("minScore", minScore === undefined ? undefined : Number(minScore)),
    ...optional(
      "labels",
      labels?.split(",").map((label) => label.trim()),
    ),
    enhance: { normalize },
    ...optional("views", views === undefined ? undefined : { perTrack: Number(views) }),
    ...optional("tracker", trackerOf(values)),
  });
  if (!options.success) throw inOptions(invalid("invalid-request", "options", options.error));
  return options.data;
}

/** BoT-SORT goes by looks where there is a model that looks at every detection. */
function trackerOf(values: {
  readonly tracker?: string | undefined;
  readonly embedder?: string | undefined;
  readonly views?: string | undefined;
  readonly "camera-motion"?: boolean | undefined;
}): object | undefined {
  const { tracker: algorithm, embedder, views, "camera-motion": cameraMotion = false } = values;
  if (cameraMotion && algorithm !== "botsort") {
    throw new ProblemError("invalid-request", "Only botsort follows the camera.", {
      at: "--camera-motion",
    });
  }
  if (algorithm === undefined) return undefined;
  const appearance = embedder !== undefined && views === undefined;
  return {
    algorithm,
    ...(algorithm === "botsort" && appearance ? { appearance } : {}),
    ...(cameraMotion ? { cameraMotion } : {}),
  };
}

function frameStoreOf(text: string): FrameStoreKind {
  const kind = FRAME_STORES.find((each) => each === text);
  if (kind !== undefined) return kind;
  throw new ProblemError("invalid-request", `--frame-store takes ${FRAME_STORES.join(", ")}.`, {
    at: "--frame-store",
  });
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
