import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPrivateSystem } from "@framequeue/cli";
import { testDetector } from "@framequeue/graphs";
import { loadModelPackage, type ModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import type { Bench } from "../bench.ts";
import { repeatMinute, writeMinute } from "../block-video.ts";
import { runJob } from "../run-job.ts";
import { createStandIn } from "../stand-in.ts";

const WORKERS = [1, 2, 4, 8] as const;
const FRAME_MS = 20;
const MINUTES = 4;
/** Share of the linear speed-up that is required. */
const REQUIRED = 0.9;

/** One video over more and more inference workers, which sleep, so that what is around them is what is measured. */
export const scaling: Bench = {
  name: "scaling",
  about: "speed-up of one video by 1, 2, 4, 8 inference workers that sleep 20 ms per frame",
  needs: [],
  async run({ cells, report }) {
    const folder = await mkdtemp(join(tmpdir(), "fq-scaling-"));
    try {
      const model = join(folder, "blocks.onnx");
      await writeFile(model, testDetector({ width: 320, height: 192, batch: 1 }));
      const minute = join(folder, "minute.mp4");
      const video = join(folder, "video.mp4");
      await writeMinute(minute);
      await repeatMinute(minute, MINUTES, video);
      const loaded = await loadModelPackage(model);
      let single: number | undefined;
      let ok = true;
      // From the most workers to the fewest would tell sooner; but the ratios need the single one.
      for (const workers of WORKERS.slice(0, cells)) {
        const fps = await measure(loaded, video, workers);
        single ??= fps;
        const share = fps / single / workers;
        ok &&= share >= REQUIRED;
        const ratio = { value: share, against: `${workers} × one worker` };
        report({ name: `scaling/${workers} workers`, value: fps, unit: "frames/s", ratio });
      }
      return ok;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(model: ModelPackage, video: string, workers: number): Promise<number> {
  await using system = await openPrivateSystem({
    inferWorkers: workers,
    detectors: createStandIn({ model, workers, frameMs: FRAME_MS }),
  });
  await storeModel(system.pipeline.objects, model);
  const { summary } = await runJob(system, model, video, { segmentSeconds: 20 });
  return summary.frames / summary.timing.seconds;
}
