import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { testDetector, type TestDetectorOptions } from "@framequeue/graphs";
import type { FaultCase } from "../fault-case.ts";
import type { Answer, FaultSite } from "../fault-site.ts";

const run = promisify(execFile);

function upload(site: FaultSite, name: string, bytes: Uint8Array): Promise<Answer> {
  const form = new FormData();
  form.append("name", name);
  form.append("version", "1");
  form.append("file", new Blob([new Uint8Array(bytes)]), `${name}.onnx`);
  return site.ask("/v1/models", { method: "POST", body: form });
}

/** Two jobs of a model that does not take to white pictures, and one of a model that is well. */
async function besideBadModel(
  site: FaultSite,
  name: string,
  options: TestDetectorOptions,
  bright = "gte(n,30)",
): Promise<string> {
  const white = join(site.folder, "white.mp4");
  await run("ffmpeg", [
    ...["-v", "error", "-y", "-i", site.clip, "-an", "-c:v", "libx264", "-preset", "veryfast"],
    ...["-vf", `drawbox=color=white:t=fill:enable='${bright}'`, white],
  ]);
  const bytes = testDetector({ width: 96, height: 64, batch: 1, ...options });
  const { status, body } = await upload(site, name, bytes);
  if (status !== 201) return `${status} ${body?.code}`;
  const jobs = await Promise.all([1, 2].map(() => site.submit(white, { model: name })));
  const { state } = await site.ended(await site.submit(site.clip));
  const ends = await Promise.all(jobs.map((job) => site.ended(job)));
  const codes = new Set(ends.map((view) => `${view.state} ${view.problem?.code ?? ""}`.trim()));
  const again = await site.ask("/v1/jobs", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ source: { path: site.clip }, model: name }),
  });
  return `${[...codes].join(" or ")}, then ${again.body?.code}, beside it ${state}`;
}

const wants = /^failed model-quarantined, then model-quarantined, beside it succeeded$/;

export const MODELS: readonly FaultCase[] = [
  {
    kind: "models",
    what: "jobs of a model that never comes to an end on bright pictures",
    wants,
    play: (site) => besideBadModel(site, "endless", { loopsOnWhite: true }),
  },
  {
    kind: "models",
    what: "jobs of a model that takes 16 GB on bright pictures",
    wants,
    play: (site) => besideBadModel(site, "hungry", { eatsOnWhite: 16e9 }),
  },
  {
    kind: "models",
    what: "jobs of a model that kills its process on one bright picture",
    wants: /^succeeded_with_warnings, then \S+, beside it succeeded$/,
    play: (site) => besideBadModel(site, "deadly", { diesOnWhite: true }, "eq(n,30)"),
  },
  {
    kind: "models",
    what: "what is no model is uploaded as one",
    wants: /^422 model-invalid$/,
    quick: true,
    async play(site) {
      const { status, body } = await upload(
        site,
        "none",
        Buffer.from("no model at all".repeat(999)),
      );
      return `${status} ${body?.code}`;
    },
  },
];
