import { basename, resolve } from "node:path";
import {
  type AcceptedJob,
  executionOptionsSchema,
  newJobId,
  ProblemError,
  resultOptionsSchema,
} from "@framequeue/contracts";
import { type ModelPackage, objectManifest } from "@framequeue/models";
import { compareJobs, type Comparison, storeModel } from "@framequeue/pipeline";
import {
  countTracking,
  motTruth,
  parseMotText,
  trackingScores,
  type TruthBox,
} from "@framequeue/tracking";
import { matchDetections, averagePrecision, xywhToXyxy } from "@framequeue/vision";
import { awaitJob } from "./await-job.ts";
import type { ComposedSystem } from "./compose.ts";
import { findModel } from "./find-model.ts";
import { parseStrictly } from "./parse-options.ts";
import { openPrivateSystem } from "./private-system.ts";
import { readText } from "./read-text.ts";
import type { Terminal } from "./terminal.ts";

export const COMPARE_USAGE = `Usage: npm run models -- compare MODEL MODEL VIDEO [--truth gt.txt] [--json]

Runs two models, one after the other, on the same video and says how far their detections agree and how fast each was.
With ground truth in MOTChallenge text also AP (at an overlap of 0.5, classes not told apart) and IDF1 of each.
`;

interface Scores {
  readonly ap50: number | undefined;
  readonly idf1: number;
}

/** `models compare`: two models on the same footage. Answers the exit code. */
export async function compareModels(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseStrictly({
    args: [...args],
    allowPositionals: true,
    options: {
      truth: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [first, second, video] = positionals;
  if (values.help || first === undefined || second === undefined || video === undefined) {
    (values.help ? terminal.stdout : terminal.stderr).write(COMPARE_USAGE);
    return values.help ? 0 : 1;
  }
  const truth =
    values.truth === undefined
      ? undefined
      : motTruth(await readText(resolve(terminal.cwd, values.truth), parseMotText));
  const models = [await findDetector(first, terminal), await findDetector(second, terminal)];
  await using system = await openPrivateSystem();
  const sides = [];
  for (const model of models) {
    await storeModel(system.pipeline.objects, model);
    await system.warm(model.ref);
    sides.push(await runOn(system, model, resolve(terminal.cwd, video), terminal.signal));
  }
  const comparison = await compareJobs(system.pipeline.objects, sides[0]!, sides[1]!);
  const scores: Scores[] = [];
  if (truth !== undefined) {
    for (const side of sides) scores.push(await scoresOf(system, side, truth));
  }
  terminal.stdout.write(
    values.json ? `${JSON.stringify({ ...comparison, scores })}\n` : report(comparison, scores),
  );
  return 0;
}

async function findDetector(name: string, terminal: Terminal): Promise<ModelPackage> {
  const model = await findModel(name, terminal);
  objectManifest(model.manifest);
  return model;
}

type Side = Parameters<typeof compareJobs>[1];

async function runOn(
  { pipeline: { jobs } }: ComposedSystem,
  model: ModelPackage,
  path: string,
  signal: AbortSignal,
): Promise<Side> {
  const job: AcceptedJob = {
    v: 1,
    id: newJobId(),
    acceptedAt: new Date().toISOString(),
    source: { kind: "file", path, name: basename(path) },
    models: [model.ref],
    options: resultOptionsSchema.parse({}),
    execution: executionOptionsSchema.parse({}),
    render: false,
  };
  await jobs.submit(job);
  const view = await awaitJob(jobs, job.id, { signal });
  if (view.problem !== undefined) {
    throw new ProblemError(view.problem.code, view.problem.detail, { at: model.ref.name });
  }
  return { id: job.id, result: await jobs.result(job.id) };
}

async function scoresOf(
  { pipeline: { objects } }: ComposedSystem,
  { result }: Side,
  truth: readonly TruthBox[],
): Promise<Scores> {
  const read = async (name: "mot.txt" | "frames.jsonl"): Promise<string> =>
    (await objects.get(result!.artifacts[name]!.key)).toString();
  const tracks = parseMotText(await read("mot.txt"));
  const rows = (await read("frames.jsonl")).trim().split("\n").slice(1);
  const detections = rows.flatMap((line) => {
    const row = JSON.parse(line) as {
      frame?: number;
      detections?: { score: number; box: [number, number, number, number] }[];
    };
    // MOTChallenge counts frames from 1
    return (row.detections ?? []).map(({ score, box }) => ({
      ...{ frame: row.frame! + 1, classId: 0, score },
      boxXyxy: xywhToXyxy(box),
    }));
  });
  const annotated = truth.map(({ frame, boxXywh, use }) => ({
    ...{ frame, classId: 0, boxXyxy: xywhToXyxy(boxXywh) },
    ignored: use !== "scored",
  }));
  return {
    ap50: averagePrecision(matchDetections(detections, annotated, 0, 0.5)),
    idf1: trackingScores(countTracking(truth, tracks)).idf1,
  };
}

function report({ first, second, agreement }: Comparison, scores: readonly Scores[]): string {
  const percent = (share: number | undefined): string =>
    share === undefined ? "-" : `${(100 * share).toFixed(1)} %`;
  const side = ({ models, framesPerSecond }: Comparison["first"], of: Scores | undefined): string =>
    `${models.map(({ name, version }) => `${name}@${version}`).join(", ")}: ` +
    `${framesPerSecond.toFixed(1)} frames/s` +
    (of === undefined ? "" : `, AP50 ${percent(of.ap50)}, IDF1 ${percent(of.idf1)}`);
  return [
    side(first, scores[0]),
    side(second, scores[1]),
    `${agreement.first} and ${agreement.second} detections in ${agreement.frames} frames; ` +
      `${agreement.agreed} agree (${percent(agreement.share)}), with a mean overlap of ${percent(agreement.overlap)}; ` +
      `${agreement.equalFrames} frames show the same.`,
    "",
  ].join("\n");
}
