import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { executionOptionsSchema, newJobId, resultOptionsSchema } from "@framequeue/contracts";
import { loadModelPackage, type ModelPackage, objectManifest } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { DEMO_USAGE, type DemoOptions, parseDemoOptions } from "../options/demo-options.ts";
import { demoScene, SCENE_FILES, writeScene } from "../demo/demo-scene.ts";
import { type DemoScores, IOU_THRESHOLD, scoreFolder } from "../demo/demo-scores.ts";
import { describeDemo } from "../demo/demo-text.ts";
import { type LocalJobOutcome, runLocalJob } from "../system/local-job.ts";
import { openOutFolder } from "../files/out-folder.ts";
import { openPrivateSystem } from "../system/private-system.ts";
import { createProgressDisplay } from "../text/progress-line.ts";
import { STREET_GAP_FRAMES, STREET_TRACKER } from "../demo/street-tracker.ts";
import type { Terminal } from "../text/terminal.ts";

const MODEL = "starter-detector";
const SCORES_FILE = "scores.json";
/** How long running work may go on after Ctrl-C. */
const STOP_MS = 2_000;

/** `demo`: the main job on a scene whose truth is known. Answers the exit code. */
export async function demo(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseDemoOptions(args);
  if (options === undefined) {
    terminal.stdout.write(DEMO_USAGE);
    return 0;
  }
  await using folder = await openOutFolder({
    path: resolve(terminal.cwd, options.out),
    of: { tool: "demo" },
    replace: options.replace,
  });
  const { work } = folder;
  const model = await loadModelPackage(join(terminal.bundledModelsDir, MODEL));
  await drawScene(options, work, terminal);
  const outcome = await analyzeScene(options, model, work, terminal);
  if (outcome.summary === undefined) return reportFailure(outcome, options, terminal);

  const scores = await scoreFolder(work);
  const minScore = objectManifest(model.manifest).thresholds.score;
  await writeFile(
    join(work, SCORES_FILE),
    `${JSON.stringify({ ...facts(options, model), ...scores }, null, 2)}\n`,
  );
  const artifacts = await folder.publish([
    ...SCENE_FILES,
    ...(outcome.artifacts ?? []),
    SCORES_FILE,
  ]);
  terminal.stdout.write(
    options.json
      ? `${JSON.stringify(report(options, model, outcome, scores, artifacts))}\n`
      : describeDemo(options, minScore, scores, outcome.summary, artifacts),
  );
  return 0;
}

async function drawScene(
  options: DemoOptions,
  folder: string,
  { stderr, signal }: Terminal,
): Promise<void> {
  const scene = demoScene(options);
  const display = createProgressDisplay(stderr, "scene.mp4");
  try {
    await writeScene(scene, folder, {
      name: `demo-${options.seed}-${options.difficulty}`,
      signal,
      onFrame: (done) => display.update({ phase: "drawing", done, total: scene.frames }),
    });
  } finally {
    display.end();
  }
}

/** The same job as that of `analyze`, on the bundled model. */
async function analyzeScene(
  { render }: DemoOptions,
  model: ModelPackage,
  folder: string,
  terminal: Terminal,
): Promise<LocalJobOutcome> {
  await using system = await openPrivateSystem();
  await storeModel(system.pipeline.objects, model);
  await system.warm(model.ref);
  const outcome = await runLocalJob(system, terminal, {
    id: newJobId(),
    path: join(folder, "scene.mp4"),
    models: [model.ref],
    options: resultOptionsSchema.parse({
      tracker: STREET_TRACKER,
      fillGaps: STREET_GAP_FRAMES,
    }),
    execution: executionOptionsSchema.parse({}),
    render,
    work: folder,
  });
  await system.stop(STOP_MS);
  return outcome;
}

/** What was scored, and how. */
function facts({ seed, seconds, difficulty }: DemoOptions, { manifest, ref }: ModelPackage) {
  return {
    schemaVersion: 1,
    scene: { seed, seconds, difficulty },
    model: ref,
    iouThreshold: IOU_THRESHOLD,
    minScore: objectManifest(manifest).thresholds.score,
  };
}

/** What `--json` prints. */
function report(
  options: DemoOptions,
  model: ModelPackage,
  { state, warnings, summary }: LocalJobOutcome,
  scores: DemoScores,
  artifacts: Readonly<Record<string, string>>,
) {
  const { frames, detections, tracks, objects, timing } = summary!;
  return {
    state,
    ...facts(options, model),
    ...scores,
    result: { frames, detections, tracks, objects },
    seconds: timing.seconds,
    fps: timing.fps,
    warnings,
    artifacts,
  };
}

function reportFailure(
  { state, problem }: LocalJobOutcome,
  { json }: DemoOptions,
  { stdout, stderr }: Terminal,
): number {
  if (json) stdout.write(`${JSON.stringify({ state, problem })}\n`);
  stderr.write(`${problem?.title ?? "The demo failed"}. ${problem?.detail ?? ""}\n`);
  return 1;
}
