import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { testDetector, type TestDetectorOptions } from "@framequeue/graphs";
import { writeClip } from "../../e2e/clip.ts";
import { RUN_LIMIT_MS } from "../attacked-site.ts";
import type { Attack } from "../attack.ts";

const run = promisify(execFile);
/** Each passes the check of an upload, whose picture is not white; no two are the same file. */
const LOOPING: Models = {
  endless: { loopsOnWhite: true },
  restless: { loopsOnWhite: true, height: 96 },
};
const HUNGRY: Models = {
  hungry: { eatsOnWhite: 16e9 },
  greedy: { eatsOnWhite: 16e9, height: 96 },
};
const STRIKES = 2;
/** Until another infer process has taken the place of one that ended. */
const COMES_BACK_SECONDS = 10;

type Models = Readonly<Record<string, TestDetectorOptions>>;

export const loopingModels = badModels(
  LOOPING,
  { name: "looping-models", what: "jobs of two models that loop on bright pictures" },
  // one after the other at the worst
  STRIKES * Object.keys(LOOPING).length * (RUN_LIMIT_MS / 1_000),
);
export const hungryModels = badModels(
  HUNGRY,
  { name: "hungry-models", what: "jobs of two models that eat memory on bright pictures" },
  0,
);

/** Models that are well until they see something bright. */
function badModels(
  models: Models,
  about: Pick<Attack, "name" | "what">,
  processorSeconds: number,
): Attack {
  const names = Object.keys(models);
  return {
    ...about,
    // where it is not clear which of two ate, each runs alone once more
    deadlineSeconds: (STRIKES + 1) * names.length * COMES_BACK_SECONDS,
    processorSeconds,
    async begin(site) {
      const [dark, white] = [join(site.folder, "dark.mp4"), join(site.folder, "white.mp4")];
      await writeClip(dark, { seconds: 2, size: "320x180" });
      await run("ffmpeg", [
        ...["-v", "error", "-y", "-i", dark, "-an", "-c:v", "libx264", "-preset", "veryfast"],
        ...["-vf", "drawbox=color=white:t=fill:enable='gte(n,30)'", white],
      ]);
      for (const [name, options] of Object.entries(models)) {
        await site.upload(name, testDetector({ width: 96, height: 64, batch: 1, ...options }));
      }
      const jobs = await Promise.all(names.map((model) => site.submit(white, { model })));
      return {
        refused: site.failed(jobs, "model-quarantined"),
        async stop() {
          for (const model of names) {
            const source = { url: `${site.url}/video.mp4` };
            const { status, body } = await site.askJson("/v1/jobs", { source, model });
            if (body?.code === "model-quarantined") continue;
            throw new Error(`a further job of ${model} was answered ${status} ${body?.code ?? ""}`);
          }
        },
      };
    },
  };
}
