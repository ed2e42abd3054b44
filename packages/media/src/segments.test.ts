import assert from "node:assert/strict";
import { test } from "node:test";
import { fromDeltas } from "@framequeue/contracts";
import fc from "fast-check";
import { PacketScanBuilder } from "./packet-scan.ts";
import type { PacketScan } from "./packet-scan.ts";
import { planSegments } from "./segments.ts";

const info = {
  container: "mov,mp4,m4a,3gp,3g2,mj2",
  codec: "h264",
  timeBase: [1, 10] as [number, number],
};

function scanOf(packets: string, errors: string[] = []): PacketScan {
  const builder = new PacketScanBuilder();
  for (const packet of packets.split(" ")) {
    const [, pts, flags = ""] = /^(-?\d+|N\/A)([KD]*)$/.exec(packet) ?? [];
    builder.add(`${pts},${flags}_`);
  }
  return builder.build(errors);
}

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
