import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { scanPackets } from "./probe/packet-scan.ts";
import { probe } from "./probe/probe.ts";
import { planSegments } from "./probe/segments.ts";
import { readAll } from "./testing/read-all.ts";

/** Real files, sound and broken, with the number of frames that they are known to have. */
const folder = join(import.meta.dirname, "../../../../shared/data");
const list = join(folder, "README.md");
const present = existsSync(list);
const rows = present
  ? [
      ...readFileSync(list, "utf8").matchAll(
        /^\| `(videos\/[^`]+)` \|[^|]*\|[^|]*\| (\d+) \| \d \|/gm,
      ),
    ]
  : [];

test(
  "real videos",
  // A minute and a half on a calm machine.
  { skip: present ? false : "shared/data is not here: it has real videos", timeout: 600_000 },
  async (context) => {
    assert.ok(rows.length > 0);
    for (const [, file = "", frames] of rows) {
      await context.test(`${file}: ${frames} frames`, () =>
        check(join(folder, file), Number(frames)),
      );
    }
  },
);

async function check(path: string, frames: number): Promise<void> {
  if (frames === 0) {
    await assert.rejects(decode(path), (error) => {
      return error instanceof ProblemError && error.code.startsWith("source-") && !error.retryable;
    });
    return;
  }
  const { whole, plan, info } = await decode(path);
  assert.equal(whole.pts.length, frames);
  const missing = whole.report.missing.reduce((sum, gap) => sum + gap.frames, 0);
  assert.ok(missing <= 1);
  if (plan.mode === "sequential") return;
  assert.equal(plan.expectedFrames, frames);
  const pts: number[] = [];
  const hashes: string[] = [];
  for (const segment of plan.segments) {
    const part = await readAll(path, info, segment);
    assert.equal(part.report.matched, true, part.report.mismatch);
    pts.push(...part.pts);
    hashes.push(...part.hashes);
  }
  assert.deepEqual(pts, whole.pts);
  assert.deepEqual(hashes, whole.hashes);
}

async function decode(path: string) {
  // The list counts the frames of the first video stream.
  const { streamIndex, videoStreams } = await probe(path);
  const info = await probe(path, { stream: videoStreams?.[0]?.index ?? streamIndex });
  const scan = await scanPackets(path, info.streamIndex);
  // Long files get longer segments, to keep the number of processes down.
  const segmentSeconds = Math.max(2, info.durationSeconds / 4);
  const plan = planSegments(info, scan, { segmentSeconds });
  const whole = await readAll(path, info, { frames: plan.expectedFrames });
  return { info, plan, whole };
}
