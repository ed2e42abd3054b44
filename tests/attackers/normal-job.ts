import { join } from "node:path";
import { writeClip } from "../e2e/clip.ts";
import type { AttackedSite } from "./attacked-site.ts";

/** Of the clip by which the length is chosen. */
const TRIAL_SECONDS = 8;
const MOST_SECONDS = 1_200;

/** What everybody sends: a video, from an upload to its results. */
export interface NormalJob {
  readonly clipSeconds: number;
  /** @param onAccepted is told its id */
  run(onAccepted?: (job: string) => void): Promise<JobTime>;
}

export interface JobTime {
  /** From the first byte of the upload until it has succeeded. */
  readonly seconds: number;
  /** Of its results. */
  readonly sha256: string;
}

/** Makes a job that takes about so long here and now, with nobody beside it. */
export async function makeNormalJob(site: AttackedSite, seconds: number): Promise<NormalJob> {
  const trial = await jobOf(site, TRIAL_SECONDS);
  await trial.run(); // which loads the model
  const took = await trial.run();
  const length = Math.round((TRIAL_SECONDS * seconds) / took.seconds);
  return jobOf(site, Math.min(Math.max(length, TRIAL_SECONDS), MOST_SECONDS));
}

async function jobOf(site: AttackedSite, clipSeconds: number): Promise<NormalJob> {
  const clip = join(site.folder, `walk-${clipSeconds}.mp4`);
  await writeClip(clip, { seconds: clipSeconds });
  return {
    clipSeconds,
    async run(onAccepted) {
      const began = performance.now();
      const job = await site.submit(clip);
      onAccepted?.(job);
      await site.ended(job);
      const seconds = (performance.now() - began) / 1_000;
      return { seconds, sha256: await site.results(job) };
    },
  };
}
