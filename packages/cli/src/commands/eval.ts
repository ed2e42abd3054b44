import { ProblemError } from "@framequeue/contracts";
import { evalDetect } from "./eval-detect.ts";
import { evalTrack } from "./eval-track.ts";
import type { Terminal } from "../text/terminal.ts";

const SUBCOMMANDS: Readonly<
  Record<
    string,
    {
      readonly about: string;
      readonly run: (args: readonly string[], terminal: Terminal) => Promise<number>;
    }
  >
> = {
  detect: { about: "boxes against COCO's annotations: AP, AR", run: evalDetect },
  track: { about: "tracks against ground truth: MOTA, IDF1, HOTA", run: evalTrack },
};

const USAGE = `Usage: npm run eval -- WHAT …

${Object.entries(SUBCOMMANDS)
  .map(([name, { about }]) => `  ${name.padEnd(12)}${about}\n`)
  .join("")}
Each takes --help.
`;

/** `eval`: holds results against the truth. Answers the exit code. */
export async function evaluate(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help") {
    (name === undefined ? terminal.stderr : terminal.stdout).write(USAGE);
    return name === undefined ? 1 : 0;
  }
  if (!Object.hasOwn(SUBCOMMANDS, name)) {
    const names = Object.keys(SUBCOMMANDS).join(", ");
    throw new ProblemError(
      "invalid-request",
      `There is nothing called ${name} to evaluate; there is ${names}.`,
      {
        at: name,
      },
    );
  }
  return SUBCOMMANDS[name]!.run(rest, terminal);
}
