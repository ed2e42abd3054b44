import { basename, resolve } from "node:path";
import {
  acceptJob,
  ProblemError,
  type ResultOptions,
  type Comparison,
} from "@framequeue/contracts";
import { type ModelPackage, objectManifest } from "@framequeue/models";
import { compareJobs, type JobToCompare } from "@framequeue/outputs";
import { addMetrics, storeModel } from "@framequeue/pipeline";
import { readObjectStoreConfig } from "@framequeue/service";
import { openObjectStore } from "@framequeue/storage";
import { jobFlags } from "../options/job-flags.ts";
import { awaitJob } from "../system/await-job.ts";
import type { ComposedSystem } from "../system/compose.ts";
import { type SideScores, scoreSide } from "../files/compare-scores.ts";
import { findModel } from "../system/find-model.ts";
import { findVersion, namesVersion } from "../system/find-version.ts";
import { parseStrictly } from "../options/parse-options.ts";
import { openPrivateSystem } from "../system/private-system.ts";
import type { Terminal } from "../text/terminal.ts";
import { readTruth } from "../files/truth-file.ts";

/** What of a job both sides are told. */
const FLAGS = jobFlags(({ flag }) => ["tracker", "min-score", "labels"].includes(flag!.name));

export const COMPARE_USAGE = `Usage: npm run models -- compare MODEL MODEL VIDEO [options]

Runs two models, one after the other, on the same video and says how far their detections agree and how fast each was.
MODEL is a name, a file, or a version in the object store: NAME@VERSION, NAME@stable, NAME@canary.

  --truth gt.txt      ground truth in MOTChallenge text: also AP (at an overlap of 0.5) and IDF1 of each
  --classes FILE      names of the truth's classes, a line each (default: labels.txt beside it, if there is one); their
                      numbers, from 1, stand in column 8 of the truth, as CVAT writes it, or in column 10, as the demo
                      does. AP is then the mean over classes; without names classes are not told apart
  --tracker NAME, --min-score NUMBER, --labels A,B   as analyze takes them
  --record            keeps the figures with the versions, where both are in the object store
  --json              one JSON object on stdout
`;

/** `models compare`: two models on the same footage. Answers the exit code. */
export async function compareModels(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseStrictly({
    args: [...args],
    allowPositionals: true,
    options: {
      truth: { type: "string" },
      classes: { type: "string" },
      ...FLAGS.config,
      record: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [first, second, video] = positionals;
  if (values.help || first === undefined || second === undefined || video === undefined) {
    (values.help ? terminal.stdout : terminal.stderr).write(COMPARE_USAGE);
    return values.help ? 0 : 1;
  }
  const names = [first, second];
  if (values.record && !names.every(namesVersion)) {
    throw new ProblemError("invalid-request", "--record needs two versions, like yard@3.", {
      at: "--record",
    });
  }
  const { options } = FLAGS.read(values);
  const at = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(terminal.cwd, path);
  const truthPath = at(values.truth);
  if (truthPath === undefined && values.classes !== undefined) {
    throw new ProblemError("invalid-request", "--classes names the classes of --truth FILE.", {
      at: "--classes",
    });
  }
  const truth =
    truthPath === undefined
      ? undefined
      : await readTruth(truthPath, { classes: at(values.classes) }, terminal);

  await using resources = new AsyncDisposableStack();
  const { env, dataDir } = terminal;
  const store = resources.use(
    openObjectStore(readObjectStoreConfig({ ...env, FQ_DATA_DIR: dataDir })),
  );
  const sides: JobToCompare[] = [];
  const models: ModelPackage[] = [];
  for (const name of names) {
    const model = namesVersion(name)
      ? await findVersion(name, store, resources)
      : await findModel(name, terminal);
    const { labels } = objectManifest(model.manifest);
    if (truth?.labels !== undefined) compareLabels(name, labels, truth.labels, terminal);
    models.push(model);
  }
  for (const model of models) {
    // A system each: two manifests of one file would be one model to it.
    const system = resources.use(await openPrivateSystem());
    await storeModel(system.pipeline.objects, model);
    await system.warm(model.ref);
    sides.push(await runOn(system, model, resolve(terminal.cwd, video), options, terminal.signal));
  }
  const comparison = await compareJobs(sides[0]!, sides[1]!);
  const scores =
    truth === undefined ? [] : await Promise.all(sides.map((side) => scoreSide(side, truth)));
  if (values.record) {
    for (const [i, { ref }] of models.entries()) {
      await addMetrics(store, ref.sha256, {
        ...{ on: basename(video), by: "compare" },
        values: figures(i === 0 ? comparison.first : comparison.second, comparison, scores[i]),
      });
    }
  }
  terminal.stdout.write(
    values.json ? `${JSON.stringify({ ...comparison, scores })}\n` : report(comparison, scores),
  );
  return 0;
}

/**
 * Classes are told apart by their names: a model that calls them otherwise finds none of them.
 *
 * @throws ProblemError `invalid-request` if it knows not one by its name
 */
function compareLabels(
  name: string,
  known: readonly string[],
  wanted: readonly string[],
  { stderr }: Pick<Terminal, "stderr">,
): void {
  const missing = wanted.filter((label) => !known.includes(label));
  if (missing.length === wanted.length) {
    throw new ProblemError(
      "invalid-request",
      `${name} knows none of the truth's classes (${wanted.join(", ")}); it knows ${known.join(", ")}. ` +
        "--classes FILE names the truth's classes as the model does, in the order of their numbers.",
      { at: "--classes" },
    );
  }
  if (missing.length === 0) return;
  stderr.write(
    `${name} knows no ${missing.join(", ")}: whatever is one in the truth, it misses.\n`,
  );
}

async function runOn(
  { pipeline: { jobs, objects } }: ComposedSystem,
  model: ModelPackage,
  path: string,
  options: ResultOptions,
  signal: AbortSignal,
): Promise<JobToCompare> {
  const source = { kind: "file", path, name: basename(path) } as const;
  const job = acceptJob({ source, models: [model.ref], options, render: false });
  await jobs.submit(job);
  const view = await awaitJob(jobs, job.id, { signal });
  if (view.problem !== undefined) {
    throw new ProblemError(view.problem.code, view.problem.detail, { at: model.ref.name });
  }
  return { objects, id: job.id, result: await jobs.result(job.id) };
}

/** What is kept of one side; figures that there are none of stay away. */
function figures(
  { framesPerSecond }: Comparison["first"],
  { agreement }: Comparison,
  scores: SideScores | undefined,
): Record<string, number> {
  const all = { framesPerSecond, agreement: agreement.share, ...scores };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}

function report({ first, second, agreement }: Comparison, scores: readonly SideScores[]): string {
  const percent = (share: number | undefined): string =>
    share === undefined ? "-" : `${(100 * share).toFixed(1)} %`;
  const side = (
    { models, framesPerSecond }: Comparison["first"],
    of: SideScores | undefined,
  ): string =>
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
