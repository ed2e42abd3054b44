import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ComposedSystem, openPrivateSystem } from "@framequeue/cli";
import { needsLooks, trackerOptionsSchema } from "@framequeue/contracts";
import { loadModelPackage, type ModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { createScene, h264OutputArguments, type SceneOptions } from "@framequeue/synth";
import { countTracking, type TrackingCounts, trackingScores } from "@framequeue/evaluation";
import { parseMotText } from "@framequeue/tracking";
import type { Bench, BenchInput } from "../bench.ts";
import { runJob } from "../run-job.ts";
import { encodeScene } from "../street-video.ts";
import { personTruth } from "./person-truth.ts";

const STARTER = join(import.meta.dirname, "../../../models/starter-detector");
/**
 * Scenes of each street. The trackers' options were chosen on others (four from 1 000 301 for hidden people), and the
 * detector learnt from none of them (`training/README.md`).
 */
const SCENES = 8;
const IOU_THRESHOLD = 0.5;

interface Street {
  readonly name: string;
  readonly firstSeed: number;
  readonly scene: Omit<SceneOptions, "seed">;
  readonly trackers: readonly Contender[];
}

interface Contender {
  readonly name: string;
  readonly tracker: {
    readonly algorithm: string;
    readonly appearance?: boolean;
    readonly [option: string]: unknown;
  };
}

/** What has been away for longer than a second is found again by its looks alone. */
const recall = { maxCosineDistance: 0.3, frames: 200 };
const SCORES = { trackThreshold: 0.6, foundThreshold: 0.7 } as const;

const STREETS: readonly Street[] = [
  {
    name: "hidden people",
    firstSeed: 1_000_305,
    scene: { width: 960, height: 540, seconds: 20, difficulty: "hidden" },
    trackers: [
      {
        name: "bytetrack",
        tracker: { algorithm: "bytetrack", ...SCORES, matchThreshold: 0.95, trackBuffer: 100 },
      },
      { name: "botsort", tracker: { algorithm: "botsort", ...SCORES, trackBuffer: 100 } },
      {
        name: "botsort, looks",
        tracker: {
          ...{ algorithm: "botsort", ...SCORES, matchThreshold: 0.9, trackBuffer: 20, recall },
          ...{ appearance: true, appearanceThreshold: 0.1 },
        },
      },
      {
        name: "deepsort",
        tracker: { algorithm: "deepsort", minScore: 0.6, maxAge: 100, maxCosineDistance: 0.25 },
      },
      {
        name: "deepsort, recall",
        tracker: {
          ...{ algorithm: "deepsort", minScore: 0.6, maxAge: 20, maxCosineDistance: 0.25, recall },
        },
      },
    ],
  },
  {
    name: "shaky camera",
    firstSeed: 1_000_401,
    scene: { width: 640, height: 360, seconds: 12, difficulty: { shake: 40 } },
    trackers: [
      { name: "bytetrack", tracker: { algorithm: "bytetrack" } },
      { name: "botsort", tracker: { algorithm: "botsort" } },
      { name: "botsort, camera", tracker: { algorithm: "botsort", cameraMotion: true } },
    ],
  },
];

/** What looks and the camera's motion are worth, by jobs of the whole product on people in generated streets. */
export const streetTracking: Bench = {
  name: "street-tracking",
  about: "id switches and IDF1 with and without looks and camera motion, on generated streets",
  needs: ["model"],
  async run(input) {
    const folder = await mkdtemp(join(tmpdir(), "fq-bench-streets-"));
    try {
      await using system = await openPrivateSystem();
      const detector = await loadModelPackage(STARTER);
      const embedder = await loadModelPackage(input.model!);
      for (const model of [detector, embedder]) await storeModel(system.pipeline.objects, model);
      for (const street of STREETS) {
        await runStreet(system, { detector, embedder }, street, join(folder, "scene.mp4"), input);
      }
      return true;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function runStreet(
  system: ComposedSystem,
  { detector, embedder }: { readonly detector: ModelPackage; readonly embedder: ModelPackage },
  { name: street, firstSeed, scene: options, trackers }: Street,
  video: string,
  { cells = SCENES, print }: BenchInput,
): Promise<void> {
  const counts = trackers.map((): TrackingCounts[] => []);
  for (let seed = firstSeed; seed < firstSeed + cells; seed++) {
    const scene = createScene({ ...options, seed });
    await encodeScene(scene, h264OutputArguments(scene, video));
    const truth = personTruth(scene);
    for (const [i, { tracker }] of trackers.entries()) {
      const jobOptions = { tracker, labels: ["person"], minScore: 0.1 };
      const extras = { embedder: goesByLooks(tracker) ? embedder : undefined };
      const { mot } = await runJob(system, detector, video, {}, jobOptions, extras);
      counts[i]!.push(countTracking(truth, parseMotText(mot), IOU_THRESHOLD));
    }
  }
  for (const [i, { name }] of trackers.entries()) {
    const { idSwitches, idf1, hota, mota } = trackingScores(...counts[i]!);
    const perScene = counts[i]!.map((count) => trackingScores(count).idSwitches);
    print(
      { bench: "street-tracking", street, tracker: name, idSwitches, perScene, idf1, hota, mota },
      `${street.padEnd(15)}${name.padEnd(17)}IDSW ${String(idSwitches).padStart(4)} (${perScene.join(" ")})  IDF1 ${percent(idf1)}  HOTA ${percent(hota)}  MOTA ${percent(mota)}`,
    );
  }
}

/** Vectors cost time, so that only those get them who look at them. */
function goesByLooks(tracker: Contender["tracker"]): boolean {
  return needsLooks(trackerOptionsSchema.parse(tracker));
}

function percent(share: number): string {
  return (100 * share).toFixed(2);
}
