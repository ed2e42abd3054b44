import {
  listJobOptions,
  ProblemError,
  TRACKER_NAMES,
  TRACKER_PRESET_NAMES,
  TRACKER_PRESETS,
  type TrackerOptions,
} from "@framequeue/contracts";
import { helpLines } from "../text/help-lines.ts";
import { jobFlags } from "./job-flags.ts";
import { parseStrictly } from "./parse-options.ts";

export interface TrackOptions {
  readonly detections: string;
  readonly cmc: string | undefined;
  readonly out: string;
  readonly tracker: TrackerOptions;
}

/** Of the options of a tracker, those for which no picture is needed: here the camera's motion is a file. */
const FLAGS = jobFlags(
  ({ path: [, group, name] }) => group === "tracker" && name !== "cameraMotion",
);

export const TRACK_USAGE = `Usage: npm run -s track -- --detections FILE --tracker NAME --out FILE [options]

Tracks detections that are there already, in MOTChallenge text: frame,-1,left,top,width,height,score,-1,-1,-1[,feature…].

${helpLines([
  ["--detections FILE", "frames count from 1; a seqinfo.ini beside it says how many there are"],
  ["--tracker NAME", TRACKER_NAMES.join(", ")],
  [
    "--preset NAME",
    "where options that are not given come from: default, those of jobs, or reference, what the published results of each tracker were made with, at 30 frames per second",
  ],
  ["--out FILE", "where the tracks go: frame,id,left,top,width,height,score,-1,-1,-1"],
  [
    "--cmc FILE",
    'camera motion, which botsort follows: a row "index m00 m01 tx m10 m11 ty" per frame',
  ],
  [
    "--set NAME=VALUE",
    "an option by the name that it has in a job, such as maxAge=9; may be repeated",
  ],
  ["--help", "this text"],
])}
Options of the tracker, with the trackers that have them:
${helpLines(FLAGS.help.tracker)}`;

/** Undefined when help is asked for. Throws `unknown-option` or `invalid-request` that names the option. */
export function parseTrackOptions(args: readonly string[]): TrackOptions | undefined {
  const parse = (all: readonly string[]) =>
    parseStrictly({
      args: [...all],
      options: {
        ...FLAGS.config,
        detections: { type: "string" },
        tracker: { type: "string" },
        preset: { type: "string", default: "default" },
        cmc: { type: "string" },
        out: { type: "string" },
        set: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", default: false },
      },
      allowNegative: true,
    }).values;
  const said = parse(args);
  if (said.help) return undefined;
  const name = needed(said.tracker, "--tracker");
  const values = parse([...args, ...said.set.flatMap((setting) => flagOf(setting, name))]);
  return {
    detections: needed(values.detections, "--detections"),
    cmc: values.cmc,
    out: needed(values.out, "--out"),
    tracker: trackerOf(values, oneOf("--tracker", TRACKER_NAMES, name)),
  };
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined) {
    throw new ProblemError("invalid-request", `${name} is needed.`, { at: name });
  }
  return value;
}

function oneOf<T extends string>(option: string, names: readonly T[], text: string): T {
  const name = names.find((each) => each === text);
  if (name !== undefined) return name;
  throw new ProblemError("invalid-request", `${option} takes ${names.join(", ")}.`, { at: option });
}

function trackerOf(
  values: { readonly preset: string },
  algorithm: TrackerOptions["algorithm"],
): TrackerOptions {
  const preset = TRACKER_PRESETS[oneOf("--preset", TRACKER_PRESET_NAMES, values.preset)];
  const { options } = FLAGS.read(values, (body) => {
    const { tracker } = body["options"] as { tracker: object };
    body["options"] = { tracker: { ...preset[algorithm], ...tracker } };
  });
  return options.tracker;
}

/** `--set maxAge=9` as `--max-age=9`, and `--set refind=false` as `--no-refind`. */
function flagOf(setting: string, tracker: string): string[] {
  const [name = "", ...rest] = setting.split("=");
  const text = rest.join("=");
  const option = listJobOptions().find(
    ({ path, trackers = {} }) => path.slice(2).join(".") === name && tracker in trackers,
  );
  const { name: flag = "" } = option?.flag ?? {};
  const fault = (detail: string) => new ProblemError("invalid-request", detail, { at: "--set" });
  if (!(flag in FLAGS.config)) throw fault(`${tracker} has no option ${name}.`);
  if (FLAGS.config[flag]!.type === "string") return [`--${flag}=${text}`];
  if (text !== "true" && text !== "false") throw fault(`--set ${name}= takes true or false.`);
  return [text === "true" ? `--${flag}` : `--no-${flag}`];
}
