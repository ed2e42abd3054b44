import { type ExecutionOptions, ProblemError, type ResultOptions } from "@framequeue/contracts";
import { FRAME_STORES, type FrameStoreKind } from "../system/private-frames.ts";
import { helpLines } from "../text/help-lines.ts";
import { jobFlags, place } from "./job-flags.ts";
import { parseStrictly, wholeNumber } from "./parse-options.ts";

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

/** Everything that a job can be told, beside what this command takes in a form of its own. */
const FLAGS = jobFlags(() => true);

export const ANALYZE_USAGE = `Usage: npm run analyze -- VIDEO… [options]

Finds and tracks the objects in each video; leaves data and an annotated video.

${helpLines([
  [
    "--model NAME|FILE",
    "detector, or classifier or segmenter of whole frames (default yolox-nano, fetched on first use)",
  ],
  ["--manifest FILE", "describes a model that is not recognised"],
  ["--out DIR", "where results go, a folder per video (default out)"],
  ["--replace", "results of another video that are in such a folder go"],
  ["--json", "one JSON object per video on stdout and nothing else there"],
  ["--analytics FILE", "JSON with lines and zones to count in"],
  ["--infer-workers N", "inference threads (default: one per core)"],
  [
    "--frame-store KIND",
    "where pixels wait: memory, file or redis (default memory); redis starts servers of its own unless FQ_FRAME_REDIS_URLS names some",
  ],
  ["--help", "this text"],
])}
Options of the job:
${helpLines(FLAGS.help.job)}
Options of its tracker, with the trackers that have them; botsort goes by looks where there is an embedder without --views:
${helpLines(FLAGS.help.tracker)}`;

const OPTIONS = {
  model: { type: "string", default: "yolox-nano" },
  manifest: { type: "string" },
  out: { type: "string", default: "out" },
  replace: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  analytics: { type: "string" },
  "infer-workers": { type: "string" },
  "frame-store": { type: "string", default: "memory" },
  help: { type: "boolean" },
} as const;

/** Undefined when help is asked for. Throws `unknown-option` or `invalid-request` that names the option. */
export function parseAnalyzeOptions(args: readonly string[]): AnalyzeOptions | undefined {
  const { values, positionals } = parseStrictly({
    args: [...args],
    options: { ...FLAGS.config, ...OPTIONS },
    allowPositionals: true,
    allowNegative: true,
  });
  if (values.help) return undefined;
  if (positionals.length === 0) {
    throw new ProblemError("invalid-request", "Name at least one video: npm run analyze -- VIDEO", {
      at: "VIDEO",
    });
  }
  const { model, manifest, out, replace, json, analytics } = values;
  const workers = values["infer-workers"];
  const inferWorkers =
    workers === undefined ? undefined : wholeNumber(workers, "--infer-workers", 1, 64);
  const job = FLAGS.read(values, (body) => {
    if (goesByLooks(values)) place(body, ["options", "tracker", "appearance"], true);
  });
  const { classifier, segmenter, embedder, options, execution, render } = job;
  return {
    ...{ videos: positionals, model, out, replace, json, render },
    frameStore: frameStoreOf(values["frame-store"]),
    ...{ options, execution },
    ...optional("analytics", analytics),
    ...optional("manifest", manifest),
    ...optional("classifier", classifier),
    ...optional("segmenter", segmenter),
    ...optional("embedder", embedder),
    ...optional("inferWorkers", inferWorkers),
  };
}

/** BoT-SORT does where there is a model that looks at every detection, unless it is told. */
function goesByLooks(values: Readonly<Record<string, unknown>>): boolean {
  const { tracker, embedder, views, appearance } = values;
  return (
    tracker === "botsort" &&
    embedder !== undefined &&
    views === undefined &&
    appearance === undefined
  );
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
