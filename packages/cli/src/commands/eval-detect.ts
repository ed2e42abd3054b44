import { resolve } from "node:path";
import { ProblemError } from "@framequeue/contracts";
import { cocoScores, type CocoScores } from "@framequeue/vision";
import { parseCocoTruth, parseDetections } from "../files/coco-files.ts";
import { parseStrictly } from "../options/parse-options.ts";
import { readText } from "../text/read-text.ts";
import type { Terminal } from "../text/terminal.ts";

const USAGE = `Usage: npm run eval -- detect --gt FILE --pred FILE [options]

Scores boxes as COCO's evaluation does: average precision and recall, by overlap and by area.

  --gt FILE      ground truth: COCO's annotations (instances_….json)
  --pred FILE    detections: COCO's results, a list of {image_id, category_id, bbox, score};
                 or a frames.jsonl, whose frame numbers are image ids and whose labels are category names
  --classes      a line for each class, too
  --json         one JSON object on stdout
  --help         this text
`;

/** The lines of COCO's summary, in its order. */
const SUMMARY: readonly (readonly [label: string, key: keyof Omit<CocoScores, "classes">])[] = [
  ["AP    IoU 0.50:0.95  all     100 per image", "ap"],
  ["AP    IoU 0.50       all     100 per image", "ap50"],
  ["AP    IoU 0.75       all     100 per image", "ap75"],
  ["AP    IoU 0.50:0.95  small   100 per image", "apSmall"],
  ["AP    IoU 0.50:0.95  medium  100 per image", "apMedium"],
  ["AP    IoU 0.50:0.95  large   100 per image", "apLarge"],
  ["AR    IoU 0.50:0.95  all       1 per image", "ar1"],
  ["AR    IoU 0.50:0.95  all      10 per image", "ar10"],
  ["AR    IoU 0.50:0.95  all     100 per image", "ar100"],
  ["AR    IoU 0.50:0.95  small   100 per image", "arSmall"],
  ["AR    IoU 0.50:0.95  medium  100 per image", "arMedium"],
  ["AR    IoU 0.50:0.95  large   100 per image", "arLarge"],
];

/** `eval detect`: answers the exit code. */
export async function evalDetect(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values } = parseStrictly({
    args: [...args],
    options: {
      gt: { type: "string" },
      pred: { type: "string" },
      classes: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    terminal.stdout.write(USAGE);
    return 0;
  }
  const gt = resolve(terminal.cwd, needed(values.gt, "--gt"));
  const pred = resolve(terminal.cwd, needed(values.pred, "--pred"));
  const truth = await readText(gt, (text) => parseCocoTruth(text, gt));
  const { boxes, notes } = await readText(pred, (text) => parseDetections(text, pred, truth));
  for (const note of notes) terminal.stderr.write(`${note}\n`);
  const names = new Map(truth.categories.map(({ id, name }) => [id, name]));
  const scores = cocoScores(boxes, truth.boxes, [...names.keys()]);
  if (values.json) {
    const classes = scores.classes.map(({ classId, ...rest }) => ({
      categoryId: classId,
      name: names.get(classId),
      ...withNulls(rest),
    }));
    const { classes: _classes, ...summary } = scores;
    terminal.stdout.write(`${JSON.stringify({ ...withNulls(summary), classes })}\n`);
    return 0;
  }
  for (const [label, key] of SUMMARY) terminal.stdout.write(`${label}  ${share(scores[key])}\n`);
  if (!values.classes) return 0;
  const width = Math.max(5, ...[...names.values()].map((name) => name.length));
  terminal.stdout.write(`\n${"class".padEnd(width)}  objects     AP   AP50   AP75\n`);
  for (const { classId, objects, ap, ap50, ap75 } of scores.classes) {
    const numbers = [ap, ap50, ap75].map((value) => share(value).padStart(5)).join("  ");
    const name = (names.get(classId) ?? "").padEnd(width);
    terminal.stdout.write(`${name}  ${String(objects).padStart(7)}  ${numbers}\n`);
  }
  return 0;
}

function needed(value: string | undefined, option: string): string {
  if (value !== undefined) return value;
  throw new ProblemError("invalid-request", `${option} FILE is needed; --help says of what.`, {
    at: option,
  });
}

/** As COCO prints it; a dash where there is nothing to score. */
function share(value: number | undefined): string {
  return value === undefined ? "-" : value.toFixed(3);
}

/** JSON has no undefined. */
function withNulls<T extends object>(
  values: T,
): { [K in keyof T]: Exclude<T[K], undefined> | null } {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, (value as unknown) ?? null]),
  ) as { [K in keyof T]: Exclude<T[K], undefined> | null };
}
