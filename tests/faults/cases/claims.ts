import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  countedRuns,
  manyTracks,
  overlappingSamples,
  repeatedEdits,
} from "@framequeue/media/testing";
import type { FaultCase } from "../fault-case.ts";
import type { FaultSite } from "../fault-site.ts";

const run = promisify(execFile);

/** Makes a small honest file by ffmpeg, and a liar of it; two of them are sent with an honest job beside. */
async function sendLiars(
  site: FaultSite,
  args: string,
  lie: (honest: Buffer) => Buffer,
): Promise<string> {
  const honest = join(site.folder, "honest.mp4");
  await run("ffmpeg", ["-v", "error", "-y", ...args.split(" "), honest]);
  const liar = join(site.folder, "liar.mp4");
  await writeFile(liar, lie(await readFile(honest)));
  const jobs = await Promise.all([1, 2].map(() => site.submit(liar)));
  const { state } = await site.ended(await site.submit(site.clip));
  const ends = await Promise.all(jobs.map((job) => site.ended(job)));
  const codes = new Set(ends.map((view) => `${view.state} ${view.problem?.code ?? ""}`.trim()));
  return `${[...codes].join(" or ")}, beside it ${state}`;
}

const PICTURE = "-f lavfi -i color=s=64x64 -frames:v 1 -c:v libx264";
const liars = (what: string, args: string, lie: (honest: Buffer) => Buffer): FaultCase => ({
  kind: "claims",
  what,
  wants: /^failed source-\S+, beside it succeeded$/,
  play: (site) => sendLiars(site, args, lie),
});

export const CLAIMS: readonly FaultCase[] = [
  liars("two MP4 of some kilobytes claim two million samples", PICTURE, (honest) =>
    overlappingSamples(honest, 2_000_000),
  ),
  liars("two MP4 claim twenty million samples", PICTURE, (honest) =>
    overlappingSamples(honest, 20_000_000),
  ),
  liars("two MP4 have 990 tracks", PICTURE, (honest) => manyTracks(honest, 990)),
  liars(
    "two fragmented MP4 count samples that they do not describe",
    `${PICTURE} -movflags frag_keyframe+empty_moov`,
    (honest) => countedRuns(honest, 4_000_000),
  ),
  liars(
    "two MP4 show their track again and again",
    "-f lavfi -i color=s=64x64:d=1 -c:v libx264 -bf 2",
    (honest) => repeatedEdits(honest, 200_000),
  ),
];
