import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TRACKER_PRESETS, type TrackerOptions } from "@framequeue/contracts";
import type { BoxXyxy } from "@framequeue/vision";
import { trackEvents } from "./track-life.ts";
import type { TrackEvent, TrackState } from "./track-life.ts";
import { createTracker } from "./tracker.ts";
import { walkingScene } from "./walking-scene.ts";

const { reference } = TRACKER_PRESETS;

const trackers: readonly TrackerOptions[] = [
  { ...reference.sort, maxAge: 5 },
  { ...reference.bytetrack, trackBuffer: 5 },
  { ...reference.ocsort, maxAge: 5 },
  { ...reference.botsort, trackBuffer: 5 },
  { ...reference.deepsort, maxAge: 5 },
];

const life = (trackId: number, state: TrackState) => ({ trackId, state });

test("events are what changed, by track id", () => {
  const before = [life(0, "tentative"), life(1, "confirmed"), life(2, "lost"), life(3, "lost")];
  const after = [life(0, "tentative"), life(1, "lost"), life(2, "confirmed"), life(4, "confirmed")];
  assert.deepEqual(trackEvents(before, after), [
    { type: "lost", trackId: 1 },
    { type: "found", trackId: 2 },
    { type: "ended", trackId: 3 },
    { type: "started", trackId: 4 },
  ] satisfies TrackEvent[]);
  assert.deepEqual(trackEvents(after, after), []);
});

test("every tracker: a life from start to end", () => {
  const box = (x: number): BoxXyxy => [x, 0, x + 40, 80];
  for (const given of trackers) {
    const tracker = createTracker(given);
    const story: string[] = [];
    const see = (...boxes: BoxXyxy[]): void => {
      const before = tracker.lives();
      tracker.update({
        boxes,
        scores: boxes.map(() => 0.9),
        classIds: boxes.map(() => 0),
        features: boxes.map(() => [1, 0]),
      });
      for (const { type } of trackEvents(before, tracker.lives())) story.push(type);
    };
    for (let i = 0; i < 8; i++) see(box(i));
    see();
    see();
    for (let i = 10; i < 14; i++) see(box(i));
    for (let i = 0; i < 12; i++) see();
    assert.deepEqual(story, ["started", "lost", "found", "lost", "ended"], given.algorithm);
    assert.deepEqual(tracker.lives(), []);
  }
});

test("whatever is seen, a track starts when it is first shown, ends once, and is shown no more then", () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(...trackers), (seed, given) => {
      const scene = { seed, frames: 60, objects: 12, width: 400, height: 300, missed: 0.3 };
      const tracker = createTracker(given);
      const started = new Set<number>();
      const ended = new Set<number>();
      for (const frame of walkingScene(scene)) {
        const before = tracker.lives();
        const shown = tracker.update(frame);
        const after = tracker.lives();
        const ids = after.map(({ trackId }) => trackId).filter((trackId) => trackId > 0);
        assert.equal(new Set(ids).size, ids.length);
        for (const { type, trackId } of trackEvents(before, after)) {
          if (type === "started") {
            assert.ok(!started.has(trackId) && shown.some((track) => track.trackId === trackId));
            started.add(trackId);
          }
          if (type === "ended") {
            assert.ok(started.has(trackId) && !ended.has(trackId));
            ended.add(trackId);
          }
        }
        for (const { trackId } of shown) assert.ok(started.has(trackId) && !ended.has(trackId));
      }
    }),
    { seed: 20261126, numRuns: 150 },
  );
});
