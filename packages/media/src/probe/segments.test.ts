import assert from "node:assert/strict";
import { test } from "node:test";
import { fromDeltas, type MediaInfo } from "@framequeue/contracts";
import fc from "fast-check";
import type { PacketScan } from "./packet-scan.ts";
import { planSegments } from "./segments.ts";
import { scanOf } from "../testing/packets.ts";

const info = {
  container: "mov,mp4,m4a,3gp,3g2,mj2",
  codec: "h264",
  timeBase: [1, 10] as [number, number],
};

function spans(scan: PacketScan, segmentSeconds: number) {
  return planSegments(info, scan, { segmentSeconds }).segments.map((segment) =>
    fromDeltas(segment.ptsDeltas ?? []),
  );
}

test("segments begin at key frames", () => {
  const scan = scanOf("0K 1 2 3K 4 5 6K 7 8 9K 10 11");
  assert.deepEqual(spans(scan, 0.3), [
    [0, 1, 2],
    [3, 4, 5],
    [6, 7, 8],
    [9, 10, 11],
  ]);
  assert.deepEqual(spans(scan, 0.5), [
    [0, 1, 2, 3, 4, 5],
    [6, 7, 8, 9, 10, 11],
  ]);
});

test("frames of an open group that are shown before its key frame belong to the segment before", () => {
  const scan = scanOf("0K 2 1 5K 3 4 7 6 10K 8 9 12 11 13");
  const plan = planSegments(info, scan, { segmentSeconds: 0.3 });
  assert.deepEqual(plan.segments, [
    { startPts: 0, ptsDeltas: [0, 1, 1, 1, 1], frames: 5 },
    { startPts: 5, ptsDeltas: [5, 1, 1, 1, 1], frames: 5 },
    { startPts: 10, ptsDeltas: [10, 1, 1, 1], frames: 4 },
  ]);
  assert.equal(plan.expectedFrames, 14);
});

test("no cut where a frame stored before the key frame is shown after it", () => {
  assert.deepEqual(spans(scanOf("0K 1 2 6 3K 4 5 7K 8 9 10"), 0.3), [
    [0, 1, 2, 3, 4, 5, 6],
    [7, 8, 9, 10],
  ]);
});

const obstacles: [string, Partial<typeof info>, string, string[], number, RegExp, number][] = [
  ["not wanted", {}, "0K 1 5K 6", [], 0, /asked/, 4],
  ["other container", { container: "mpegts" }, "0K 1 5K 6", [], 0.1, /mpegts/, 4],
  ["hidden frames", { codec: "vp8" }, "0K 1 5K 6", [], 0.1, /vp8/, 4],
  ["edit list", {}, "-1KD 0 5K 6", [], 0.1, /edit list/, 3],
  ["no times", {}, "0K N/A 5K 6", [], 0.1, /time of their own/, 4],
  ["one key frame", {}, "0K 1 5 6", [], 0.1, /key frames/, 4],
  ["leading frames", {}, "3K 1 2 5K 6", [], 0.1, /before the first/, 5],
  ["short", {}, "0K 1 5K 6", [], 0.6, /both ends/, 4],
  ["damaged", {}, "0K 1 5K 6", ["partial file"], 0.1, /partial file/, 4],
];

for (const [name, change, packets, errors, seconds, reason, frames] of obstacles) {
  test(`sequential: ${name}`, () => {
    const plan = planSegments({ ...info, ...change }, scanOf(packets, errors), {
      segmentSeconds: seconds,
    });
    assert.equal(plan.mode, "sequential");
    assert.match(plan.reason, reason);
    assert.deepEqual(
      plan.segments.map((segment) => segment.frames),
      [frames],
    );
  });
}

test("the index at the front of a truncated file tells how many frames there should be", () => {
  const scan = scanOf("0KD 1K 2", ["partial file"]);
  const plan = planSegments({ ...info, indexedFrames: 9 }, scan, { segmentSeconds: 1 });
  assert.equal(plan.expectedFrames, 8);
});

test("what headers promise behind the last packet is missing, and only where the file is cut", () => {
  const whole = { ...info, indexedFrames: undefined };
  const regular = Array.from({ length: 12 }, (_, index) => `${index * 10}K`).join(" ");
  const table: [string, Partial<MediaInfo>, string, number, boolean][] = [
    ["an index, a whole file", { indexedFrames: 9 }, "0K 1 2", 3, false],
    ["an index, a cut file", { indexedFrames: 9, cutShort: true }, "0K 1 2", 9, true],
    ["a size that is wrong", { indexedFrames: 3, cutShort: true }, "0K 1 2", 3, false],
    ["a length, a whole file", { statedEnd: 90 }, "0K 10 20", 3, false],
    ["a length, a cut file", { statedEnd: 90, cutShort: true }, "0K 10 20", 9, true],
    // The last packets' pictures are shown between others that were cut off.
    ["reordered", { statedEnd: 150, cutShort: true }, `${regular} 130`, 15, true],
    ["variable", { statedEnd: 90, cutShort: true }, "0K 3 10 30", 9, true],
    ["nobody knows", { cutShort: true }, "0K 10 20", 3, true],
    ["IVF, ticks", { container: "ivf", statedEnd: 90 }, "0K 10 20", 9, true],
    ["IVF, ticks, whole", { container: "ivf", statedEnd: 30 }, "0K 10 20", 3, false],
    ["IVF, frames", { container: "ivf", statedEnd: 9 }, "0K 10 20", 9, true],
    ["IVF, frames, whole", { container: "ivf", statedEnd: 3 }, "0K 10 20", 3, false],
    ["IVF, neither", { container: "ivf", statedEnd: 0 }, "0K 10 20", 3, false],
  ];
  for (const [name, change, packets, frames, truncated] of table) {
    const media = { ...whole, ...change } as Parameters<typeof planSegments>[0];
    const plan = planSegments(media, scanOf(packets), { segmentSeconds: 1 });
    const expected = { frames, ...(truncated && { truncated: true }) };
    const [{ expectedDeltas: _, ...segment } = { frames: -1 }] = plan.segments;
    assert.deepEqual([name, segment], [name, expected]);
    assert.equal(plan.expectedFrames, frames);
  }
});

test("a cut file is one segment, however many key frames it has", () => {
  const media = { ...info, indexedFrames: 20, cutShort: true as const };
  const plan = planSegments(media, scanOf("0K 1 2 3K 4 5 6K 7 8 9K 10 11"), {
    segmentSeconds: 0.3,
  });
  assert.deepEqual(
    [plan.mode, plan.segments.map(({ frames, truncated }) => [frames, truncated])],
    ["sequential", [[20, true]]],
  );
});

test("segments hold every frame once, in order, and are long enough", () => {
  const group = fc.record({
    frames: fc.integer({ min: 1, max: 12 }),
    step: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(
      fc.array(group, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      (groups, ticks) => {
        let pts = 0;
        const packets = groups.flatMap(({ frames, step }) =>
          Array.from({ length: frames }, (_, index) => `${(pts += step)}${index === 0 ? "K" : ""}`),
        );
        const plan = planSegments(info, scanOf(packets.join(" ")), { segmentSeconds: ticks / 10 });
        if (plan.mode === "sequential") return;
        const all = plan.segments.flatMap((segment) => fromDeltas(segment.ptsDeltas ?? []));
        assert.deepEqual(
          all,
          packets.map((packet) => Number.parseInt(packet, 10)),
        );
        for (const [index, segment] of plan.segments.entries()) {
          const end = plan.segments[index + 1]?.startPts ?? pts + (groups.at(-1)?.step ?? 0);
          assert.ok(end - (segment.startPts ?? 0) >= ticks);
          assert.equal(segment.frames, segment.ptsDeltas?.length);
        }
      },
    ),
    { seed: 3 },
  );
});
