import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ComposedSystem, openPrivateSystem } from "@framequeue/cli";
import { needsLooks, trackerOptionsSchema } from "@framequeue/contracts";
import { loadModelPackage, type ModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { countTracking, trackingScores } from "@framequeue/evaluation";
import { parseMotText } from "@framequeue/tracking";
import type { Bench, BenchInput } from "../bench.ts";
import { runJob } from "../run-job.ts";
import { type Bar, behindBars, betweenKeyFrames, ofTheDrawn, returnsOf } from "./key-frames.ts";
import { runProgram } from "../run-program.ts";

const DATA = join(import.meta.dirname, "../../../../shared/data");
const VIDEO = join(DATA, "videos/marathon_crowd.mkv");
const DETECTOR = join(DATA, "models/yolox_nano.onnx");
const EMBEDDERS: readonly string[] = [
  "models/person-reidentification-retail-0287.onnx",
  "models/osnet_x0_25_msmt17.onnx",
].map((file) => join(DATA, file));
/** Boxes of 30 people in every twelfth frame, each given its person by somebody who looked at the pictures. */
const DRAWN = join(import.meta.dirname, "marathon-truth.txt");

/** Chosen by what passes there, before any tracker had run. */
const BARS: readonly Bar[] = [
  { x: 300, width: 140 },
  { x: 620, width: 140 },
];

/** As `street-tracking` has them, chosen on generated streets. */
const recall = { maxCosineDistance: 0.3, frames: 200 };

/** In a crowd this detector's scores are low. This is the least score of `deepsort` in jobs, here of all. */
const SCORES = { trackThreshold: 0.3, foundThreshold: 0.3 } as const;
/** People unseen for half a second have been away. */
const AWAY_FRAMES = 15;

/** `streets`: options as chosen on generated streets. */
const TRACKERS = [
  { name: "bytetrack, job's scores", tracker: { algorithm: "bytetrack" } },
  { name: "bytetrack", tracker: { algorithm: "bytetrack", ...SCORES } },
  {
    name: "bytetrack, streets",
    tracker: { algorithm: "bytetrack", ...SCORES, matchThreshold: 0.95, trackBuffer: 100 },
  },
  { name: "botsort", tracker: { algorithm: "botsort", ...SCORES } },
  {
    name: "botsort, streets",
    tracker: { algorithm: "botsort", ...SCORES, matchThreshold: 0.9, trackBuffer: 20 },
  },
  {
    name: "botsort, looks, streets",
    tracker: {
      ...{ algorithm: "botsort", ...SCORES, matchThreshold: 0.9, trackBuffer: 20 },
      ...{ appearance: true, appearanceThreshold: 0.1 },
    },
  },
  {
    name: "botsort, recall, streets",
    tracker: {
      ...{ algorithm: "botsort", ...SCORES, matchThreshold: 0.9, trackBuffer: 20, recall },
      ...{ appearance: true, appearanceThreshold: 0.1 },
    },
  },
  { name: "deepsort", tracker: { algorithm: "deepsort" } },
  {
    name: "deepsort, streets",
    tracker: { algorithm: "deepsort", maxAge: 100, maxCosineDistance: 0.25 },
  },
  {
    name: "deepsort, recall, streets",
    tracker: { algorithm: "deepsort", maxAge: 20, maxCosineDistance: 0.25, recall },
  },
] as const;

/** What looks are worth on a real video, by jobs of the whole product. */
export const videoTracking: Bench = {
  name: "video-tracking",
  about: "id switches and IDF1 with and without looks, on a marathon, as filmed and behind bars",
  needs: [],
  async run(input) {
    const embedders = input.model === undefined ? EMBEDDERS : [input.model];
    const missing = [VIDEO, DETECTOR, ...embedders].find((file) => !existsSync(file));
    if (missing !== undefined) {
      input.print({ bench: "video-tracking", skipped: missing }, `skipped: no ${missing}`);
      return true;
    }
    const folder = await mkdtemp(join(tmpdir(), "fq-bench-video-"));
    try {
      await using system = await openPrivateSystem();
      const detector = await loadModelPackage(DETECTOR);
      await storeModel(system.pipeline.objects, detector);
      const barred = join(folder, "barred.mkv");
      await drawBars(VIDEO, barred);
      const models = {
        detector,
        embedders: await Promise.all(embedders.map((file) => loadModelPackage(file))),
      };
      for (const model of models.embedders) await storeModel(system.pipeline.objects, model);
      await follow(system, models, { name: "as filmed", file: VIDEO }, [], input);
      await follow(system, models, { name: "bars", file: barred }, BARS, input);
      return true;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Without loss, so that the rest of the picture is what it was. */
async function drawBars(from: string, to: string): Promise<void> {
  const boxes = BARS.map(({ x, width }) => `drawbox=${x}:0:${width}:ih:gray:fill`).join(",");
  const codec = ["-an", "-sn", "-c:v", "libx264", "-preset", "veryfast", "-qp", "0"];
  await runProgram("ffmpeg", ["-v", "error", "-y", "-i", from, "-vf", boxes, ...codec, to]);
}

interface Models {
  readonly detector: ModelPackage;
  readonly embedders: readonly ModelPackage[];
}

async function follow(
  system: ComposedSystem,
  { detector, embedders }: Models,
  { name: video, file }: { readonly name: string; readonly file: string },
  bars: readonly Bar[],
  { print }: BenchInput,
): Promise<void> {
  const drawn = parseMotText(await readFile(DRAWN, "utf8"));
  const truth = behindBars(betweenKeyFrames(drawn), bars);
  for (const { name, tracker } of TRACKERS) {
    const options = { tracker, labels: ["person"], minScore: 0.1 };
    const goesByLooks = needsLooks(trackerOptionsSchema.parse(tracker));
    for (const embedder of goesByLooks ? embedders : [undefined]) {
      const { mot } = await runJob(system, detector, file, {}, options, { embedder });
      const tracks = ofTheDrawn(parseMotText(mot), truth);
      const { idSwitches, idf1, hota, falseNegatives } = trackingScores(
        countTracking(truth, tracks),
      );
      const { kept, of } = returnsOf(truth, tracks, AWAY_FRAMES);
      const scores = { idSwitches, kept, returns: of, idf1, hota, missed: falseNegatives };
      const looks = embedder?.manifest.name;
      print(
        { bench: "video-tracking", video, looks, tracker: name, ...scores },
        `${video.padEnd(11)}${name.padEnd(26)}IDSW ${String(idSwitches).padStart(3)}  kept ${kept} of ${of}  IDF1 ${percent(idf1)}  HOTA ${percent(hota)}  missed ${falseNegatives}  ${looks ?? ""}`.trimEnd(),
      );
    }
  }
}

function percent(share: number): string {
  return (100 * share).toFixed(2);
}
