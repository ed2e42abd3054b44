import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { manyTracks, overlappingSamples } from "@framequeue/media/testing";
import type { Attack } from "../attack.ts";

const run = promisify(execFile);
const SAMPLES = 20_000_000;
const TRACKS = 990;

/** Small files that would be long work if they were believed. */
export const falseClaims: Attack = {
  name: "false-claims",
  what: `two MP4s claim ${SAMPLES / 1e6} million samples, two have ${TRACKS} tracks`,
  // what a tool may take to look into a file
  deadlineSeconds: 60,
  async begin(site) {
    const honest = join(site.folder, "honest.mp4");
    await run("ffmpeg", [
      ...["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.04"],
      ...["-c:v", "mjpeg", "-q:v", "31", honest],
    ]);
    const bytes = await readFile(honest);
    const samples = join(site.folder, "samples.mp4");
    const tracks = join(site.folder, "tracks.mp4");
    await writeFile(samples, overlappingSamples(bytes, SAMPLES));
    await writeFile(tracks, manyTracks(bytes, TRACKS));
    const jobs = await Promise.all([samples, samples, tracks, tracks].map((f) => site.submit(f)));
    return { refused: site.failed(jobs, "source-too-large"), stop: async () => {} };
  },
};
