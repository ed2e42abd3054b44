import { ProblemError } from "@framequeue/contracts";
import { parseStrictly } from "./parse-options.ts";

export interface StartOptions {
  /** Name or file of the model that jobs use when they name none; FQ_DEFAULT_MODEL where it is left out. */
  readonly model: string | undefined;
  readonly inferProcesses: ProcessRange;
  readonly decodeProcesses: ProcessRange;
}

/** How many processes of a service there are: where the two differ, as many as the work wants. */
export interface ProcessRange {
  readonly min: number;
  readonly max: number;
}

export const START_USAGE = `Usage: npm start -- [options]

Runs every service on this machine, with its API on http://localhost:8080.

  --model NAME|FILE      model for jobs that name none (default FQ_DEFAULT_MODEL, else yolox-nano,
                         fetched on first use)
  --infer-processes N    processes of the infer service (default 1); MIN-MAX, such as 0-4: as many as the
                         work that is left wants
  --decode-processes N   the same for decode
  --help                 this text

The environment variables of each service apply; docs/configuration.md lists them.
`;

/** Undefined when help is asked for. */
export function parseStartOptions(args: readonly string[]): StartOptions | undefined {
  const { values } = parseStrictly({
    args: [...args],
    options: {
      model: { type: "string" },
      "infer-processes": { type: "string", default: "1" },
      "decode-processes": { type: "string", default: "1" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    model: values.model,
    inferProcesses: readRange("--infer-processes", values["infer-processes"]),
    decodeProcesses: readRange("--decode-processes", values["decode-processes"]),
  };
}

const MOST_PROCESSES = 64;

function readRange(option: string, text: string): ProcessRange {
  const [, first, last] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(text) ?? [];
  const min = Number(first);
  const max = Number(last ?? first);
  if (first === undefined || max < 1 || min > max || max > MOST_PROCESSES) {
    throw new ProblemError(
      "invalid-request",
      `${option} takes a whole number from 1 to ${MOST_PROCESSES}, or two with a dash between.`,
      { at: option },
    );
  }
  return { min, max };
}
