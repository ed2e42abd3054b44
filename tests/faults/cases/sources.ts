import { execFile } from "node:child_process";
import { copyFile, readFile, rename, rm, stat, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FaultCase } from "../fault-case.ts";
import type { FaultSite } from "../fault-site.ts";

const run = promisify(execFile);

async function submitPath(site: FaultSite, path: string): Promise<string> {
  const { status, text, body } = await site.ask("/v1/jobs", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      source: { path },
      render: false,
      execution: { batchFrames: 1, segmentSeconds: 1 },
    }),
  });
  if (status !== 202) throw new Error(`a submission was answered ${status}: ${text}`);
  return body.id;
}

async function outcome(site: FaultSite, job: string): Promise<string> {
  const { state, problem } = await site.ended(job);
  return `${state} ${problem?.code ?? ""}`.trim();
}

/** Another video of the same times, as whoever wants to hide it makes one. */
async function otherVideo(path: string): Promise<string> {
  const other = `${path}.other.mp4`;
  await run("ffmpeg", ["-v", "error", "-y", "-i", path, "-vf", "negate", "-an", other]);
  const { atime, mtime } = await stat(path);
  await utimes(other, atime, mtime);
  return other;
}

export const SOURCES: readonly FaultCase[] = [
  {
    kind: "sources",
    what: "another video takes the path of a source in the middle of its job",
    wants: /^failed source-changed$/,
    async play(site) {
      const path = join(site.sourceDir, "swapped.mp4");
      await copyFile(site.long, path);
      const other = await otherVideo(path);
      const job = await submitPath(site, path);
      await site.until(job, ({ progress }) => progress.inferred > 0);
      await rename(other, path);
      return outcome(site, job);
    },
  },
  {
    kind: "sources",
    what: "a path becomes a link to a file that no job may name, after the job was accepted",
    wants: /^failed source-changed$/,
    async play(site) {
      const path = join(site.sourceDir, "linked.mp4");
      await copyFile(site.long, path);
      const secret = join(site.folder, "secret.mp4");
      await run("ffmpeg", ["-v", "error", "-y", "-i", path, "-vf", "negate", "-an", secret]);
      const job = await submitPath(site, path);
      await rm(path);
      await symlink(secret, path);
      return outcome(site, job);
    },
  },
  {
    kind: "sources",
    what: "a source is removed in the middle of its job",
    wants: /^(succeeded|failed source-(changed|not-found))$/,
    async play(site) {
      const path = join(site.sourceDir, "removed.mp4");
      await copyFile(site.long, path);
      const job = await submitPath(site, path);
      await site.until(job, ({ progress }) => progress.inferred > 0);
      await rm(path);
      return outcome(site, job);
    },
  },
  {
    kind: "sources",
    what: "an empty file, text and the half of a file are sent as videos",
    wants: /^source-empty, source-not-video, source-\S+$/,
    quick: true,
    async play(site) {
      const codes: string[] = [];
      const send = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
        const form = new FormData();
        form.append("file", new Blob([bytes]), "odd.mp4");
        const { body } = await site.ask("/v1/jobs", { method: "POST", body: form });
        const { problem } = body.id === undefined ? { problem: body } : await site.ended(body.id);
        codes.push(problem?.code ?? "none");
      };
      await send(new Uint8Array());
      await send(new Uint8Array(Buffer.from("no video at all\n".repeat(1_000))));
      // Of a file whose index is at its end, as an upload that was cut leaves it.
      const file = join(site.folder, "late-index.mp4");
      await run("ffmpeg", ["-v", "error", "-y", "-i", site.clip, "-c", "copy", file]);
      const whole = await readFile(file);
      await send(new Uint8Array(whole.subarray(0, whole.length >> 1)));
      return codes.join(", ");
    },
  },
  {
    kind: "times",
    what: "ten frames an hour apart",
    wants: /^succeeded, 10 rows in order$/,
    async play(site) {
      const path = join(site.folder, "hours.mkv");
      await run("ffmpeg", [
        ...["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=1:d=10"],
        ...["-vf", "setpts=N*3600/TB", "-fps_mode", "passthrough", "-c:v", "libx264", path],
      ]);
      const job = await site.submit(path, { execution: {} });
      const { state, problem, results } = await site.ended(job);
      if (state !== "succeeded") return `${state} ${problem?.code}`;
      const { text } = await site.ask(results["frames.jsonl"]!);
      const lines = text.trim().split("\n").slice(1); // behind the header
      const rows = lines.map((line) => JSON.parse(line) as { pts: number });
      const isInOrder = rows.every(({ pts }, i) => i === 0 || pts > rows[i - 1]!.pts);
      return `succeeded, ${rows.length} rows ${isInOrder ? "in order" : "out of order"}`;
    },
  },
];
