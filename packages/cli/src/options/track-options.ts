import { ProblemError } from "@framequeue/contracts";
import {
  defaultBotSortOptions,
  defaultByteTrackOptions,
  defaultDeepSortOptions,
  defaultOcSortOptions,
  defaultSortOptions,
  type TrackerOptions,
} from "@framequeue/tracking";
import { parseStrictly } from "./parse-options.ts";

export interface TrackOptions {
  readonly detections: string;
  readonly cmc: string | undefined;
  readonly out: string;
  readonly tracker: TrackerOptions;
}

/** As the references of each were run, at 30 frames per second. */
const DEFAULTS = {
  sort: defaultSortOptions,
  deepsort: defaultDeepSortOptions,
  bytetrack: defaultByteTrackOptions,
  ocsort: defaultOcSortOptions,
  botsort: defaultBotSortOptions,
} as const;

export const TRACK_USAGE = `Usage: npm run -s track -- --detections FILE --tracker NAME --out FILE [options]

Tracks detections that are there already, in MOTChallenge text: frame,-1,left,top,width,height,score,-1,-1,-1[,feature…].

  --detections FILE   frames count from 1; a seqinfo.ini beside it says how many there are
  --tracker NAME      ${Object.keys(DEFAULTS).join(", ")}
  --out FILE          where the tracks go: frame,id,left,top,width,height,score,-1,-1,-1
  --cmc FILE          camera motion, which botsort follows: a row "index m00 m01 tx m10 m11 ty" per frame
  --set NAME=VALUE    another value for an option of the tracker; may be repeated
  --help              this text

Options and their defaults:
${Object.values(DEFAULTS)
  .map((options) => `  ${options.algorithm.padEnd(20)}${describe(options)}\n`)
  .join("")}`;

function describe(options: TrackerOptions): string {
  return Object.entries(options)
    .filter(([name]) => name !== "algorithm" && name !== "perClass")
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

/** Undefined when help is asked for. Throws `unknown-option` or `invalid-request` that names the option. */
export function parseTrackOptions(args: readonly string[]): TrackOptions | undefined {
  const { values } = parseStrictly({
    args: [...args],
    options: {
      detections: { type: "string" },
      tracker: { type: "string" },
      cmc: { type: "string" },
      out: { type: "string" },
      set: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    detections: needed(values.detections, "--detections"),
    cmc: values.cmc,
    out: needed(values.out, "--out"),
    tracker: trackerOf(needed(values.tracker, "--tracker"), values.set),
  };
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined) {
    throw new ProblemError("invalid-request", `${name} is needed.`, { at: name });
  }
  return value;
}

function trackerOf(name: string, settings: readonly string[]): TrackerOptions {
  if (!Object.hasOwn(DEFAULTS, name)) {
    const names = Object.keys(DEFAULTS).join(", ");
    throw new ProblemError("invalid-request", `--tracker takes ${names}.`, { at: "--tracker" });
  }
  const tracker: Record<string, unknown> = {
    ...DEFAULTS[name as keyof typeof DEFAULTS],
  };
  for (const setting of settings) {
    const [option = "", ...rest] = setting.split("=");
    const text = rest.join("=");
    const former = option === "algorithm" ? undefined : tracker[option];
    const value = typeof former === "boolean" ? flags.get(text) : numberOf(text);
    if (former === undefined || value === undefined) {
      throw new ProblemError(
        "invalid-request",
        former === undefined
          ? `${name} has no option ${option}.`
          : `--set ${option}= takes ${typeof former === "boolean" ? "true or false" : "a number"}.`,
        { at: "--set" },
      );
    }
    tracker[option] = value;
  }
  return tracker as unknown as TrackerOptions;
}

const flags: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
]);

function numberOf(text: string): number | undefined {
  const value = Number(text);
  return text.trim() === "" || !Number.isFinite(value) ? undefined : value;
}
