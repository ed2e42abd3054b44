import { ProblemError } from "@framequeue/contracts";
import { difficulties, type Difficulty } from "@framequeue/synth";
import { parseStrictly, wholeNumber } from "./parse-options.ts";

export interface DemoOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly difficulty: Difficulty;
  readonly out: string;
  /** Results of something else go. */
  readonly replace: boolean;
  readonly json: boolean;
  readonly render: boolean;
}

export const DEMO_USAGE = `Usage: npm run demo -- [options]

Draws a street scene that the bundled detector has never seen, analyses it, and holds the result against the truth.

  --seed N               which scene (default 7); equal seeds give equal scenes
  --seconds N            its length, 1 to 600 (default 12)
  --difficulty LEVEL     easy, normal, hard (traffic, light, noise, blur, compression, shake) or hidden (people vanish
                         behind hoardings); default normal
  --out DIR              where scene, results and scores go (default out/demo)
  --replace              results of something else that are there go
  --json                 one JSON object on stdout and nothing else there
  --no-video             do not write the annotated video
  --help                 this text
`;

const MAX_SEED = 999_999_999;

/** Undefined when help is asked for. Throws `unknown-option` or `invalid-request` that names the option. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | undefined {
  const { values } = parseStrictly({
    args: [...args],
    options: {
      seed: { type: "string", default: "7" },
      seconds: { type: "string", default: "12" },
      difficulty: { type: "string", default: "normal" },
      out: { type: "string", default: "out/demo" },
      replace: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      "no-video": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    seed: wholeNumber(values.seed, "--seed", 0, MAX_SEED),
    seconds: wholeNumber(values.seconds, "--seconds", 1, 600),
    difficulty: difficultyOf(values.difficulty),
    out: values.out,
    replace: values.replace,
    json: values.json,
    render: !values["no-video"],
  };
}

function difficultyOf(text: string): Difficulty {
  if (Object.hasOwn(difficulties, text)) return text as Difficulty;
  throw new ProblemError(
    "invalid-request",
    `--difficulty takes ${Object.keys(difficulties).join(", ")}.`,
    { at: "--difficulty" },
  );
}
