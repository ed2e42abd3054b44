import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { countFrames } from "../../e2e/clip.ts";
import type { FaultCase } from "../fault-case.ts";
import type { FaultSite } from "../fault-site.ts";

const FRAMES = 200;

/** Leaves so little room for temporary files while an annotated video is written, and then enough. */
async function renderWith(site: FaultSite, freeKilobytes: number): Promise<string> {
  const ballast = join(site.temp, "ballast");
  const { bavail, bsize } = await statfs(site.temp);
  await writeFile(ballast, Buffer.alloc(bavail * bsize - freeKilobytes * 1_024));
  try {
    const job = await site.submit(site.long, { render: true });
    await Promise.race([site.ended(job), sleep(15_000)]);
    await rm(ballast);
    const { state, problem, results } = await site.ended(job);
    if (state !== "succeeded") return `${state} ${problem?.code}`;
    const video = await fetch(`${site.url}${results["annotated.mp4"]}`);
    const file = join(site.folder, "annotated.mp4");
    await writeFile(file, new Uint8Array(await video.arrayBuffer()));
    return `succeeded, ${(await countFrames(file)).frames} frames`;
  } finally {
    await rm(ballast, { force: true });
  }
}

export const TOOLS: readonly FaultCase[] = [4, 64, 512].map((kilobytes) => ({
  kind: "tools",
  what: `${kilobytes} KB are left for temporary files while a video is annotated`,
  wants: new RegExp(`^succeeded, ${FRAMES} frames$|^failed (render-failed|store-full)$`),
  root: true,
  play: (site) => renderWith(site, kilobytes),
}));
