import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import {
  type ComposedSystem,
  openPrivateSystem,
  STREET_GAP_FRAMES,
  STREET_TRACKER,
} from "@framequeue/cli";
import { loadModelPackage, type ModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { createScene, h264OutputArguments, type Scene } from "@framequeue/synth";
import type { Bench, BenchInput } from "../bench.ts";
import { runJob } from "../run-job.ts";
import { encodeScene } from "../street-video.ts";
import {
  analyticsOf,
  type Counts,
  countsByDefinition,
  countsOf,
  countStreet,
  streetObjects,
} from "./street-counts.ts";

const STARTER = join(import.meta.dirname, "../../../models/starter-detector");
/** No scene that the detector or the tracker's options were made with. */
const FIRST_SEED = 1_000_501;
const SCENES = 4;
const SCENE = { width: 640, height: 360, seconds: 20 } as const;
/** Boxes end on half pixels, so that nothing ever stands on one of these borders. */
const PLACES = [
  { x: 320.1, top: 0, bottom: 360 },
  { x: 200.1, top: 100.1, right: 440.1, bottom: 320.1 },
] as const;
/** What jobs take where nothing else is said: 1 % of the height. */
const MARGIN = SCENE.height / 100;
const LABELS = ["car", "truck", "person"] as const;

/** What one scene came to. */
interface SceneCounts {
  readonly product: Counts;
  readonly truth: Counts;
  readonly dwell: Readonly<Record<"product" | "truth", { visits: number; seconds: number }>>;
}

/** What the whole product counts on generated streets, beside the ground truth. */
export const counts: Bench = {
  name: "counts",
  about: "crossings and visits counted on generated streets, beside the ground truth",
  needs: [],
  async run(input) {
    const folder = await mkdtemp(join(tmpdir(), "fq-bench-counts-"));
    try {
      await using system = await openPrivateSystem();
      const detector = await loadModelPackage(STARTER);
      await storeModel(system.pipeline.objects, detector);
      const scenes: SceneCounts[] = [];
      let isExact = true;
      for (let seed = FIRST_SEED; seed < FIRST_SEED + (input.cells ?? SCENES); seed++) {
        const scene = createScene({ ...SCENE, seed });
        isExact = checkExactness(scene, seed, input) && isExact;
        scenes.push(await countScene(system, detector, scene, join(folder, "scene.mp4")));
      }
      printTable(scenes, input);
      return isExact;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Fed with the boxes of the ground truth, what is counted is what the definition says. */
function checkExactness(scene: Scene, seed: number, { print }: BenchInput): boolean {
  const isExact = (["whole", "seen"] as const).every((which) => {
    const objects = streetObjects(scene, which);
    const counted = countsOf(countStreet(objects, scene.fps, PLACES, 0));
    return isDeepStrictEqual(counted, countsByDefinition(objects, PLACES));
  });
  print(
    { bench: "counts", seed, groundTruthCountedExactly: isExact },
    `${seed}: the boxes of the ground truth ${isExact ? "are counted exactly" : "are NOT COUNTED EXACTLY"}`,
  );
  return isExact;
}

async function countScene(
  system: ComposedSystem,
  detector: ModelPackage,
  scene: Scene,
  video: string,
): Promise<SceneCounts> {
  await encodeScene(scene, h264OutputArguments(scene, video));
  const options = { tracker: STREET_TRACKER, fillGaps: STREET_GAP_FRAMES };
  const counted = { analytics: analyticsOf(...PLACES) };
  const { analytics } = await runJob(system, detector, video, {}, options, counted);
  const gate = analytics!.lines["gate"]!;
  const { enters, dwell } = analytics!.zones["yard"]!;
  const truth = countStreet(streetObjects(scene, "seen"), scene.fps, PLACES, MARGIN);
  return {
    product: { ...gate, enters },
    truth: countsOf(truth),
    dwell: {
      product: { visits: dwell.visits, seconds: dwell.visits * dwell.mean },
      truth: truth.dwell["yard"]!,
    },
  };
}

function printTable(scenes: readonly SceneCounts[], { print }: BenchInput): void {
  const row = (name: string, product: number, truth: number, more = ""): void =>
    print(
      { bench: "counts", name, product, truth },
      `${name.padEnd(24)}${String(product).padStart(8)}${String(truth).padStart(8)}${more}`.trimEnd(),
    );
  print({}, `${"".padEnd(24)}${"product".padStart(8)}${"truth".padStart(8)}   by scene`);
  let cells = 0;
  let equal = 0;
  for (const key of ["in", "out", "enters"] as const) {
    for (const label of LABELS) {
      const pairs = scenes.map(({ product, truth }): [number, number] => {
        return [product[key][label] ?? 0, truth[key][label] ?? 0];
      });
      const [product, truth] = [sum(pairs.map(([a]) => a)), sum(pairs.map(([, b]) => b))];
      row(`${label} ${key}`, product, truth, `   ${pairs.map((pair) => pair.join("/")).join(" ")}`);
      if (key === "enters") continue;
      cells += pairs.length;
      equal += pairs.filter(([a, b]) => a === b).length;
    }
  }
  const mean = (of: "product" | "truth"): number => {
    const dwells = scenes.map(({ dwell }) => dwell[of]);
    return sum(dwells.map(({ seconds }) => seconds)) / sum(dwells.map(({ visits }) => visits));
  };
  const round = (value: number): number => Math.round(100 * value) / 100;
  row("mean dwell, seconds", round(mean("product")), round(mean("truth")));
  print(
    { bench: "counts", crossings: cells, equal },
    `${equal} of ${cells} counts of crossings are equal`,
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
