import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { testDetector, type TestDetectorOptions } from "@framequeue/graphs";
import { writeClip } from "../../e2e/clip.ts";
import { RUN_LIMIT_MS } from "../attacked-site.ts";
import type { Attack } from "../attack.ts";

const run = promisify(execFile);
/** Each passes the check of an upload, whose picture is not white; no two are the same file. */
const MODELS: Readonly<Record<string, TestDetectorOptions>> = {
  endless: { loopsOnWhite: true },
  restless: { loopsOnWhite: true, height: 96 },
  hungry: { eatsOnWhite: 16e9 },
  greedy: { eatsOnWhite: 16e9, height: 96 },
};
const STRIKES = 2;
/** Until another infer process has taken the place of one that ended, on a busy machine. */
const COMES_BACK_SECONDS = 10;

/** Models that are well until they see something bright. */
export const badModels: Attack = {
  name: "bad-models",
  what: "jobs of two models that loop on bright pictures, and of two that eat memory",
  deadlineSeconds:
    STRIKES * Object.keys(MODELS).length * (RUN_LIMIT_MS / 1_000 + COMES_BACK_SECONDS),
  async begin(site) {
    const [dark, white] = [join(site.folder, "dark.mp4"), join(site.folder, "white.mp4")];
    await writeClip(dark, { seconds: 2, size: "320x180" });
    await run("ffmpeg", [
      ...["-v", "error", "-y", "-i", dark, "-an", "-c:v", "libx264", "-preset", "veryfast"],
      ...["-vf", "drawbox=color=white:t=fill:enable='gte(n,30)'", white],
    ]);
    for (const [name, options] of Object.entries(MODELS)) {
      await site.upload(name, testDetector({ width: 96, height: 64, batch: 1, ...options }));
    }
    const names = Object.keys(MODELS);
    const jobs = await Promise.all(names.map((model) => site.submit(white, { model })));
    return {
      refused: site.failed(jobs, "model-quarantined"),
      async stop() {
        for (const model of names) {
          const { status, body } = await site.askJson("/v1/jobs", {
            source: { url: `${site.url}/video.mp4` },
            model,
          });
          if (body?.code !== "model-quarantined") {
            throw new Error(`a further job of ${model} was answered ${status} ${body?.code ?? ""}`);
          }
        }
      },
    };
  },
};
