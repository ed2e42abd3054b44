import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { after, before, test } from "node:test";
import type { MediaInfo, Segment } from "@framequeue/contracts";
import { openDecoder } from "./decode.ts";
import { scanPackets } from "../probe/packet-scan.ts";
import { probe } from "../probe/probe.ts";
import { countWanted, SampledPlaces, samplingOf } from "./sampling.ts";
import { planSegments } from "../probe/segments.ts";
import { ClipFolder } from "../testing/clips.ts";
import { noChildProcesses } from "../testing/processes.ts";
import { type Decoded, readAll } from "../testing/read-all.ts";

let clips: ClipFolder;
before(async () => {
  clips = await ClipFolder.create();
});
after(() => clips[Symbol.asyncDispose]());

const WHOLE = { frames: 0 };

test("places of a segment: every n-th frame of the source, and the segment's last", () => {
  for (const everyNth of [1, 2, 3, 5, 60]) {
    for (const firstFrame of [0, 1, 2, 4, 5, 59, 60]) {
      for (const frames of [1, 2, 4, 5, 6, 61]) {
        const sampling = { everyNth, firstFrame };
        const all = Array.from({ length: frames }, (_, place) => place);
        const wanted = all.filter((place) => (firstFrame + place) % everyNth === 0);
        assert.equal(countWanted(sampling, frames), wanted.length);
        const places = new SampledPlaces(sampling, { startPts: 0, frames });
        const out: number[] = [];
        for (let at = places.next(0); at < frames; at = places.next(at + 1)) out.push(at);
        assert.deepEqual(out, [...new Set([...wanted, frames - 1])]);
        assert.equal(places.count, out.length);
        assert.deepEqual(
          out.filter((place) => places.isWanted(place)),
          wanted,
        );
        const whole = new SampledPlaces(sampling, { frames });
        assert.equal(whole.count, undefined, "a sequential segment promises nothing");
        if (wanted.length > 0) assert.equal(whole.next(0), wanted[0]);
      }
    }
  }
});

test("a segment begins behind those before it", () => {
  const segments = [{ frames: 7 }, { frames: 3 }, { frames: 9 }];
  assert.deepEqual(samplingOf(segments, 2, { everyNth: 4 }), { everyNth: 4, firstFrame: 10 });
});

/** Frames 0, n, 2n, … of what a decode gave. */
function every(n: number, { pts, hashes }: Decoded): Pick<Decoded, "pts" | "hashes"> {
  const of = <T>(list: readonly T[]): T[] => list.filter((_, i) => i % n === 0);
  return { pts: of(pts), hashes: of(hashes) };
}

/** Samples a clip in segments and as a whole; both must give the frames of a full decode, to the byte. */
async function compareSampled(path: string, everyNth: number): Promise<void> {
  const info = await probe(path);
  const plan = planSegments(info, await scanPackets(path, info.streamIndex), { segmentSeconds: 1 });
  assert.equal(plan.mode, "parallel", plan.reason);
  const full = await readAll(path, info, WHOLE);
  const expected = every(everyNth, full);
  const whole = await readAll(path, info, WHOLE, { sampling: { everyNth, firstFrame: 0 } });
  assert.equal(whole.report.pts.length, full.pts.length, "the report is on every frame");
  assert.deepEqual({ pts: whole.pts, hashes: whole.hashes }, expected);
  const [pts, hashes]: [number[], string[]] = [[], []];
  for (const [i, segment] of plan.segments.entries()) {
    const sampling = samplingOf(plan.segments, i, { everyNth });
    const part = await readAll(path, info, segment, { sampling });
    assert.equal(part.report.matched, true, part.report.mismatch);
    assert.equal(part.report.pts.length, segment.frames);
    assert.equal(part.pts.length, countWanted(sampling, segment.frames));
    pts.push(...part.pts);
    hashes.push(...part.hashes);
  }
  assert.deepEqual({ pts, hashes }, expected);
}

test("sampled frames are those of a full decode: B-frames", async () => {
  const path = await clips.bFrames("closed.mp4", 5);
  for (const everyNth of [2, 5, 60]) await compareSampled(path, everyNth);
});

test("sampled frames are those of a full decode: open groups, uneven times, matroska", async () => {
  const path = await clips.openGopVfr("open.mkv", 5);
  for (const everyNth of [2, 7, 60]) await compareSampled(path, everyNth);
});

test("a segment that differs from its plan between two sampled frames is reported", async () => {
  const path = await clips.bFrames("differs.mp4", 4);
  const info = await probe(path);
  const { segments } = planSegments(info, await scanPackets(path, info.streamIndex), {
    segmentSeconds: 1,
  });
  const last = segments.length - 1;
  const sampling = samplingOf(segments, last, { everyNth: 10 });
  const promise = async (change: (deltas: number[]) => number[]): Promise<string | undefined> => {
    const ptsDeltas = change([...segments[last]!.ptsDeltas!]);
    const segment: Segment = { ...segments[last]!, ptsDeltas, frames: ptsDeltas.length };
    return (await readAll(path, info, segment, { sampling })).report.mismatch;
  };
  assert.equal(await promise((deltas) => deltas), undefined);
  const later = await promise((deltas) => deltas.with(23, deltas[23]! + 1));
  assert.match(later ?? "", /^frame 23 has pts/, "behind the last that is wanted");
  const more = await promise((deltas) => [...deltas, deltas[1]!, deltas[1]!]);
  assert.equal(more, "25 frames instead of 27");
});

test("a truncated file tells how many frames there are, and how many are missing", async () => {
  const fast = await clips.encode(
    "fast.mp4",
    "-f lavfi -i testsrc2=s=160x120:r=25:d=4 -c:v libx264 -movflags +faststart",
  );
  const path = await clips.truncate(fast, "cut.mp4", 0.6);
  const info = await probe(path);
  const { segments } = planSegments(info, await scanPackets(path, 0), { segmentSeconds: 1 });
  const full = await readAll(path, info, segments[0]!);
  const sampling = { everyNth: 7, firstFrame: 0 };
  const sampled = await readAll(path, info, segments[0]!, { sampling });
  assert.deepEqual(sampled.hashes, every(7, full).hashes);
  assert.equal(sampled.report.pts.length, full.report.pts.length);
  assert.deepEqual(sampled.report.missing, full.report.missing);
});

/** A raw stream whose pictures change their size after 8 frames, and again after 16. */
async function changingSizes(): Promise<{ path: string; info: MediaInfo }> {
  const path = clips.file("sizes.h264");
  const sizes = ["160x120", "96x64", "160x120"];
  for (const [i, size] of sizes.entries()) {
    const part = await clips.encode(
      `part${i}.h264`,
      `-f lavfi -i testsrc2=s=${size}:r=25:d=0.32 -c:v libx264 -preset ultrafast`,
    );
    await pipeline(createReadStream(part), createWriteStream(path, { flags: "a" }));
  }
  return { path, info: await probe(path) };
}

test("frames are counted right where pictures change their size on the way", async () => {
  const { path, info } = await changingSizes();
  const full = await readAll(path, info, WHOLE);
  assert.equal(full.hashes.length, 24);
  for (const everyNth of [3, 5, 8]) {
    const sampling = { everyNth, firstFrame: 0 };
    const sampled = await readAll(path, info, WHOLE, { sampling });
    assert.deepEqual(sampled.hashes, every(everyNth, full).hashes);
    assert.equal(sampled.report.pts.length, 24);
  }
  // a reader that got its first frames before the change
  await using reader = openDecoder(path, {
    info,
    segment: WHOLE,
    frame: { width: 80, height: 60 },
    layout: "gbrp",
    sampling: { everyNth: 3, firstFrame: 0 },
  });
  const target = new Uint8Array(reader.frameBytes);
  const hashes: string[] = [];
  while ((await reader.read(target, 1)).length > 0) {
    hashes.push(createHash("sha256").update(target).digest("hex"));
  }
  assert.deepEqual(hashes, every(3, full).hashes);
  await reader[Symbol.asyncDispose]();
  await noChildProcesses();
});
