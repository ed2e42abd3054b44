import { parseArgs } from "node:util";
import { ProblemError } from "@framequeue/contracts";

export interface StartOptions {
  /** Name or file of the model that jobs use when they name none. */
  readonly model: string;
  readonly inferProcesses: number;
}

export const START_USAGE = `Usage: npm start -- [options]

Runs every service on this machine, with its API on http://localhost:8080.

  --model NAME|FILE      model for jobs that name none (default yolox-nano, fetched on first use)
  --infer-processes N    processes of the infer service (default 1)
  --help                 this text

The environment variables of each service apply; docs/configuration.md lists them.
`;

/** Undefined when help is asked for. */
export function parseStartOptions(args: readonly string[]): StartOptions | undefined {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      strict: true,
      options: {
        model: { type: "string", default: "yolox-nano" },
        "infer-processes": { type: "string", default: "1" },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const option = /'([^']+)'/.exec(message)?.[1] ?? "options";
    throw new ProblemError("unknown-option", `There is no option ${option}; --help lists them.`, {
      at: option,
    });
  }
  if (values.help) return undefined;
  const inferProcesses = Number(values["infer-processes"]);
  if (!Number.isInteger(inferProcesses) || inferProcesses < 1 || inferProcesses > 64) {
    throw new ProblemError(
      "invalid-request",
      "--infer-processes takes a whole number from 1 to 64.",
      { at: "--infer-processes" },
    );
  }
  return { model: values.model, inferProcesses };
}
