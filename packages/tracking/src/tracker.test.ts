import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  TRACKER_PRESETS,
  type TrackerOptions,
  type TrackerOptionsOf,
  type WholeTrackerOptions,
} from "@framequeue/contracts";
import type { BoxXyxy } from "@framequeue/vision";
import { unpackFeature, unpackGallery } from "./appearance/packed-features.ts";
import { NewerCheckpointError, TrackerCheckpointError } from "./tracker-checkpoint.ts";
import type { TrackerCheckpoint } from "./tracker-checkpoint.ts";
import { isScoreEnough } from "./tracker-options.ts";
import { createTracker, restoreTracker } from "./tracker.ts";
import type { TrackerInput } from "./tracker.ts";
import { walkingScene } from "./walking-scene.ts";

const { reference } = TRACKER_PRESETS;

const seed = 20160202;
const nothing: TrackerInput = { boxes: [], scores: [], classIds: [] };
const overJson = (checkpoint: TrackerCheckpoint): TrackerCheckpoint =>
  JSON.parse(JSON.stringify(checkpoint));

/** Crowded and jumpy, so that tracks meet, end and begin. */
const scene = fc
  .record({
    seed: fc.nat(),
    frames: fc.integer({ min: 1, max: 40 }),
    objects: fc.integer({ min: 0, max: 15 }),
    classes: fc.integer({ min: 1, max: 3 }),
    missed: fc.constantFrom(0, 0.05, 0.4),
    faint: fc.constantFrom(0, 0.1),
  })
  .map((options) =>
    walkingScene({ ...options, width: 300, height: 200 }).map((frame, index) =>
      withLooks(frame, index),
    ),
  );

/** Looks that tell little, some of them useless, and a camera that moves in every second frame. */
function withLooks(frame: TrackerInput, index: number): TrackerInput {
  const features = frame.boxes.map(([x1, y1, x2], at) =>
    (at + index) % 7 === 0 ? [0, 0, 0] : [Math.sin(x2 - x1), 1, Math.cos(y1 / 50)],
  );
  if (index % 2 === 0) return { ...frame, features };
  return { ...frame, features, cameraMotion: [1.01, -0.002, 2, 0.002, 1.01, -1] };
}
const sortOptions = fc
  .record({
    perClass: fc.boolean(),
    minScore: fc.constantFrom(0, 0.6),
    maxAge: fc.nat(3),
    minHits: fc.nat(3),
    iouThreshold: fc.constantFrom(0, 0.3, 0.5),
  })
  .map((given): WholeTrackerOptions => ({ ...reference.sort, ...given }));
const byteTrackOptions = fc
  .record({
    perClass: fc.boolean(),
    trackThreshold: fc.constantFrom(0.3, 0.6),
    lowThreshold: fc.constantFrom(0, 0.1, 0.3),
    foundThreshold: fc.constantFrom(0, 0.7),
    matchThreshold: fc.constantFrom(0.8, 0.9, 1),
    trackBuffer: fc.nat(5),
    fuseScores: fc.boolean(),
  })
  .map((given): WholeTrackerOptions => ({ ...reference.bytetrack, ...given }));
const ocSortOptions = fc
  .record({
    perClass: fc.boolean(),
    minScore: fc.constantFrom(0, 0.6),
    maxAge: fc.nat(6),
    minHits: fc.nat(3),
    iouThreshold: fc.constantFrom(0, 0.3, 0.5),
    deltaFrames: fc.integer({ min: 1, max: 4 }),
    inertia: fc.constantFrom(0, 0.2, 1),
    refind: fc.boolean(),
  })
  .map((given): WholeTrackerOptions => ({ ...reference.ocsort, ...given }));
const deepSortOptions = fc
  .record({
    perClass: fc.boolean(),
    minScore: fc.constantFrom(0, 0.6),
    maxCosineDistance: fc.constantFrom(0, 0.2, 2),
    gallerySize: fc.integer({ min: 1, max: 4 }),
    maxAge: fc.nat(6),
    minHits: fc.nat(3),
    maxOverlapCost: fc.constantFrom(0.3, 0.7, 1),
  })
  .map((given): WholeTrackerOptions => ({ ...reference.deepsort, ...given }));
const botSortOptions = fc
  .record({
    perClass: fc.boolean(),
    lowThreshold: fc.constantFrom(0, 0.1),
    foundThreshold: fc.constantFrom(0, 0.7),
    matchThreshold: fc.constantFrom(0.8, 1),
    trackBuffer: fc.nat(5),
    fuseScores: fc.boolean(),
    appearance: fc.boolean(),
    proximityThreshold: fc.constantFrom(0.5, 1),
    appearanceThreshold: fc.constantFrom(0.25, 1),
  })
  .map((given): WholeTrackerOptions => ({ ...reference.botsort, ...given }));
const more = fc.record(
  {
    hideStillFrames: fc.integer({ min: 1, max: 10 }),
    recall: fc.record({
      maxCosineDistance: fc.constantFrom(0.001, 0.1),
      frames: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { requiredKeys: [] },
);
const plainOptions = fc.oneof(
  sortOptions,
  byteTrackOptions,
  ocSortOptions,
  deepSortOptions,
  botSortOptions,
);
const options = fc
  .tuple(plainOptions, fc.oneof(fc.constant({}), more))
  .map(([given, extra]): WholeTrackerOptions => ({ ...given, ...extra }));
const defaults = [
  reference.sort,
  reference.bytetrack,
  reference.ocsort,
  reference.deepsort,
  { ...reference.botsort, appearance: true },
];
/** The same, but that tracks are shown from the first frame on. */
const shownAtOnce = defaults.map((given) =>
  given.algorithm === "deepsort" ? { ...given, minHits: 1 } : given,
);

test("any split with a checkpoint over JSON between gives identical output", () => {
  fc.assert(
    fc.property(scene, options, fc.infiniteStream(fc.boolean()), (frames, given, splits) => {
      const whole = createTracker(given);
      let parts = createTracker(given);
      for (const frame of frames) {
        if (splits.next().value === true) parts = restoreTracker(given, overJson(parts.save()));
        assert.deepEqual(parts.update(frame), whole.update(frame));
      }
      assert.deepEqual(overJson(parts.save()), whole.save());
      assert.equal(JSON.stringify(parts.save()), JSON.stringify(whole.save()));
    }),
    { seed, numRuns: 300 },
  );
});

test("a saved checkpoint is a copy", () => {
  const [first, ...rest] = walkingScene({ seed: 1, frames: 5, objects: 5 });
  for (const given of defaults) {
    const tracker = createTracker(given);
    tracker.update(first!);
    const checkpoint = tracker.save();
    const before = JSON.stringify(checkpoint);
    for (const frame of rest) tracker.update(frame);
    restoreTracker(given, checkpoint).update(rest[0]!);
    assert.equal(JSON.stringify(checkpoint), before);
  }
});

test("ids and detections are unique per frame, ids dense in order of first output", () => {
  fc.assert(
    fc.property(scene, plainOptions, (frames, given) => {
      const tracker = createTracker(given);
      const classOf = new Map<number, number>();
      for (const frame of frames) {
        const tracks = tracker.update(frame);
        const ids = tracks.map(({ trackId }) => trackId);
        assert.deepEqual(
          ids,
          [...new Set(ids)].sort((a, b) => a - b),
        );
        const taken = tracks
          .map(({ detection }) => detection)
          .filter((detection) => detection >= 0);
        assert.equal(new Set(taken).size, taken.length);
        if (given.algorithm !== "deepsort") assert.equal(taken.length, tracks.length);
        for (const { trackId, box, detection, classId, score } of tracks) {
          if (detection >= 0) {
            assert.equal(classId, frame.classIds[detection]);
            assert.equal(score, frame.scores[detection]);
          }
          assert.ok(isScoreEnough(score, given));
          assert.ok(box.every(Number.isFinite) && box[2] > box[0] && box[3] > box[1]);
          if (!classOf.has(trackId)) {
            assert.equal(trackId, classOf.size + 1);
            classOf.set(trackId, classId);
          }
          if (given.perClass) assert.equal(classId, classOf.get(trackId));
        }
      }
    }),
    { seed, numRuns: 300 },
  );
});

/** The detections of one class, and where they are in the whole frame. */
function ofClass(
  { boxes, scores, classIds, features, cameraMotion }: TrackerInput,
  classId: number,
) {
  const detections = [...boxes.keys()].filter((index) => classIds[index] === classId);
  const input: TrackerInput = {
    boxes: detections.map((index) => boxes[index]!),
    scores: detections.map((index) => scores[index]!),
    classIds: detections.map(() => classId),
    features: detections.map((index) => features![index]!),
    ...(cameraMotion === undefined ? {} : { cameraMotion }),
  };
  return { input, detections };
}

test("per class, each class is tracked as if it were alone", () => {
  fc.assert(
    fc.property(scene, plainOptions, (frames, given) => {
      const together = createTracker({ ...given, perClass: true });
      const outputs = frames.map((frame) => together.update(frame));
      for (let classId = 0; classId < 3; classId++) {
        const alone = createTracker({ ...given, perClass: false });
        const idAmongAll = new Map<number, number>();
        for (const [index, frame] of frames.entries()) {
          const { input, detections } = ofClass(frame, classId);
          const expected = outputs[index]!.filter((track) => track.classId === classId);
          const actual = alone.update(input).map((track, at) => {
            const trackId = idAmongAll.get(track.trackId) ?? expected[at]!.trackId;
            idAmongAll.set(track.trackId, trackId);
            return { ...track, trackId, detection: detections[track.detection] ?? -1 };
          });
          assert.deepEqual(actual, expected);
        }
        assert.equal(new Set(idAmongAll.values()).size, idAmongAll.size);
      }
    }),
    { seed, numRuns: 100 },
  );
});

test("permuting the detections of a frame changes nothing but where they stand", () => {
  fc.assert(
    fc.property(scene, options, fc.nat(), (frames, given, shift) => {
      const straight = createTracker(given);
      const turned = createTracker(given);
      for (const frame of frames) {
        const count = frame.boxes.length;
        const from = (at: number): number => (count - 1 - at + shift) % count;
        const places = frame.boxes.map((_, at) => from(at));
        const permuted: TrackerInput = {
          ...frame,
          boxes: places.map((at) => frame.boxes[at]!),
          scores: places.map((at) => frame.scores[at]!),
          classIds: places.map((at) => frame.classIds[at]!),
          features: places.map((at) => frame.features![at]!),
        };
        const shown = turned.update(permuted);
        assert.deepEqual(
          shown.map((track) => ({ ...track, detection: places[track.detection] ?? -1 })),
          straight.update(frame),
        );
      }
    }),
    { seed, numRuns: 300 },
  );
});

test("every third frame: tracks go on where time, not the number of frames, takes them", () => {
  // 9 px per frame on boxes of 20: a step of three frames leaves nothing to overlap with but the prediction.
  const boxAt = (frame: number): BoxXyxy => [9 * frame, 0, 9 * frame + 20, 40];
  const frames = [0, 1, 2, 3, 4, 5, 8, 11, 14, 17];
  for (const given of shownAtOnce) {
    const tracker = createTracker({ ...given, ...("minHits" in given ? { minHits: 1 } : {}) });
    const ids = frames.map((frame, i) => {
      const tracks = tracker.update({
        boxes: [boxAt(frame)],
        scores: [0.9],
        classIds: [0],
        features: [[1, 0]],
        elapsedFrames: i === 0 ? 1 : frame - frames[i - 1]!,
      });
      return tracks[0]?.trackId ?? 0;
    });
    assert.deepEqual(new Set(ids.slice(2)), new Set([1]), given.algorithm);
  }
});

test("a lost track is remembered for as many frames of the video, however many are looked at", () => {
  const seen = { boxes: [[0, 0, 20, 40] as BoxXyxy], scores: [0.9], classIds: [0] };
  for (const elapsedFrames of [1, 2, 5]) {
    const tracker = createTracker({ ...reference.bytetrack, trackBuffer: 20 });
    for (let i = 0; i < 3; i++) tracker.update({ ...seen, elapsedFrames });
    let remembered = 0;
    while (tracker.lives().length > 0) {
      tracker.update({ ...nothing, elapsedFrames });
      remembered += elapsedFrames;
    }
    // Expired after 20 frames, and gone one look later.
    assert.ok(remembered > 20 && remembered <= 20 + 2 * elapsedFrames, `${remembered}`);
  }
});

test("equal scores and equal boxes: what comes first does not depend on the input", () => {
  const boxes = [100, 0, 50, 0].map((x): BoxXyxy => [x, 0, x + 40, 40]);
  for (const given of defaults) {
    const shownOf = (order: readonly number[]) => {
      const tracker = createTracker({ ...given, perClass: false });
      return Array.from({ length: 4 }, () =>
        tracker
          .update({
            boxes: order.map((at) => boxes[at]!),
            scores: order.map(() => 0.9),
            classIds: order.map(() => 0),
          })
          .map(({ trackId, box }) => [trackId, ...box]),
      );
    };
    assert.deepEqual(shownOf([3, 2, 0, 1]), shownOf([0, 1, 2, 3]));
  }
});

test("classes take ids by ascending class, whatever the order of detections", () => {
  const tracker = createTracker(reference.sort);
  const box: BoxXyxy = [0, 0, 10, 10];
  const shown = tracker.update({
    boxes: [box, box, box],
    scores: [0.9, 0.8, 0.7],
    classIds: [7, 2, 5],
  });
  assert.deepEqual(
    shown.map(({ trackId, classId, detection }) => [trackId, classId, detection]),
    [
      [1, 2, 1],
      [2, 5, 2],
      [3, 7, 0],
    ],
  );
});

test("without perClass a track follows its detections through classes", () => {
  const tracker = createTracker({ ...reference.sort, perClass: false });
  const box: BoxXyxy = [0, 0, 10, 10];
  const seen = [3, 4].map(
    (classId) => tracker.update({ boxes: [box], scores: [0.9], classIds: [classId] })[0]!,
  );
  assert.deepEqual(
    seen.map(({ trackId, classId }) => [trackId, classId]),
    [
      [1, 3],
      [1, 4],
    ],
  );
});

test("only scores above minScore are tracked", () => {
  const tracker = createTracker({ ...reference.sort, minScore: 0.5 });
  const boxes = [0, 50, 100, 150].map((x): BoxXyxy => [x, 0, x + 10, 10]);
  const shown = tracker.update({
    boxes,
    scores: [0.4, 0.5, 0.51, Number.NaN],
    classIds: [0, 0, 0, 0],
  });
  assert.deepEqual(
    shown.map(({ detection }) => detection),
    [2],
  );
});

test("boxes that cannot be tracked are passed over, boxes outside the frame are not", () => {
  const boxes: BoxXyxy[] = [
    [Number.NaN, 0, 10, 10],
    [0, 0, Number.POSITIVE_INFINITY, 10],
    [5, 5, 5, 25],
    [5, 5, 25, 5],
    [25, 25, 5, 5],
    [0, 0, 1e200, 1e200],
    [0, 0, 1e-200, 1e-200],
    [-5000, -300, -4900, -200],
    [0, 0, 10, 10],
  ];
  const frame = { boxes, scores: boxes.map(() => 0.9), classIds: boxes.map(() => 0) };
  for (const given of shownAtOnce) {
    const tracker = createTracker(given);
    for (let i = 0; i < 5; i++) {
      const tracks = tracker.update(frame);
      assert.deepEqual(
        tracks.map(({ detection }) => detection),
        [7, 8],
      );
    }
    assert.equal(JSON.stringify(overJson(tracker.save())), JSON.stringify(tracker.save()));
  }
});

test("scores that are no numbers are passed over", () => {
  const boxes = [0, 50, 100].map((x): BoxXyxy => [x, 0, x + 10, 10]);
  const scores = [Number.NaN, Number.POSITIVE_INFINITY, 0.9];
  for (const given of shownAtOnce) {
    const tracker = createTracker(given);
    for (let i = 0; i < 3; i++) {
      const tracks = tracker.update({ boxes, scores, classIds: [0, 0, 0] });
      assert.deepEqual(
        tracks.map(({ detection }) => detection),
        [2],
      );
    }
  }
});

test("extreme boxes never break a checkpoint", () => {
  const edge = fc.constantFrom(-1e7, -1, -1e-3, 0, 1e-3, 1, 500, 1e7);
  const extremeBox = fc.tuple(edge, edge, edge, edge).map((corners): BoxXyxy => corners);
  const frames = fc.array(fc.array(extremeBox, { maxLength: 4 }), { maxLength: 20 });
  const given = fc.constantFrom<TrackerOptions[]>(
    { ...reference.sort, iouThreshold: 0, maxAge: 30, minHits: 0 },
    { ...reference.ocsort, iouThreshold: 0, maxAge: 30, minHits: 0, refind: true },
    { ...reference.deepsort, maxOverlapCost: 1, minHits: 1 },
    { ...reference.botsort, matchThreshold: 1 },
    { ...reference.bytetrack, matchThreshold: 1 },
    { ...reference.bytetrack, matchThreshold: 1, fuseScores: false, trackBuffer: 3 },
  );
  fc.assert(
    fc.property(frames, given, (boxesOfFrames, given) => {
      const whole = createTracker(given);
      let parts = createTracker(given);
      for (const boxes of boxesOfFrames) {
        const frame = { boxes, scores: boxes.map(() => 1), classIds: boxes.map(() => 0) };
        parts = restoreTracker(given, overJson(parts.save()));
        const tracks = whole.update(frame);
        assert.deepEqual(parts.update(frame), tracks);
        for (const { box } of tracks) assert.ok(box.every(Number.isFinite));
      }
    }),
    { seed, numRuns: 600 },
  );
});

test("input that does not fit together is refused and changes nothing", () => {
  const tracker = createTracker(reference.sort);
  const before = tracker.save();
  const box: BoxXyxy = [0, 0, 10, 10];
  const bad: TrackerInput[] = [
    { boxes: [box], scores: [], classIds: [0] },
    { boxes: [box], scores: [0.9], classIds: [] },
    { boxes: [], scores: [0.9], classIds: [0] },
    { boxes: [box], scores: [0.9], classIds: [0.5] },
    { boxes: [box], scores: [0.9], classIds: [0], features: [] },
    { boxes: [box], scores: [0.9], classIds: [0], elapsedFrames: 0 },
    { boxes: [box], scores: [0.9], classIds: [0], elapsedFrames: 1.5 },
    { boxes: [box, box], scores: [0.9, 0.9], classIds: [0, 0], features: [[1], [1, 2]] },
    { boxes: [box], scores: [0.9], classIds: [0], cameraMotion: [1, 0, 0, 0, Number.NaN, 0] },
  ];
  for (const input of bad) assert.throws(() => tracker.update(input), RangeError);
  assert.deepEqual(tracker.save(), before);
});

test("options out of range are refused", () => {
  const badForSort: Partial<TrackerOptionsOf<"sort">>[] = [
    { minScore: Number.NaN },
    { maxAge: -1 },
    { maxAge: 1.5 },
    { minHits: -1 },
    { iouThreshold: 1.1 },
    { iouThreshold: Number.NaN },
  ];
  for (const given of badForSort) {
    assert.throws(() => createTracker({ ...reference.sort, ...given }), RangeError);
  }
  const badForOcSort: Partial<TrackerOptionsOf<"ocsort">>[] = [
    { maxAge: -1 },
    { deltaFrames: 0.5 },
    { deltaFrames: -1 },
    { inertia: 1.5 },
  ];
  for (const given of badForOcSort) {
    assert.throws(() => createTracker({ ...reference.ocsort, ...given }), RangeError);
  }
  const badForByteTrack: Partial<TrackerOptionsOf<"bytetrack">>[] = [
    { trackThreshold: Number.NaN },
    { trackThreshold: 0.05 },
    { lowThreshold: 0.7 },
    { foundThreshold: Number.POSITIVE_INFINITY },
    { matchThreshold: 1.1 },
    { matchThreshold: -0.1 },
    { trackBuffer: -1 },
    { trackBuffer: 0.5 },
  ];
  for (const given of badForByteTrack) {
    assert.throws(() => createTracker({ ...reference.bytetrack, ...given }), RangeError);
  }
  const badForDeepSort: Partial<TrackerOptionsOf<"deepsort">>[] = [
    { minScore: Number.NaN },
    { maxCosineDistance: 2.1 },
    { maxCosineDistance: Number.NaN },
    { gallerySize: -1 },
    { maxOverlapCost: 1.5 },
    { minHits: 0.5 },
  ];
  for (const given of badForDeepSort) {
    assert.throws(() => createTracker({ ...reference.deepsort, ...given }), RangeError);
  }
  const badForBotSort: Partial<TrackerOptionsOf<"botsort">>[] = [
    { lowThreshold: 0.7 },
    { proximityThreshold: -1 },
    { appearanceThreshold: 1.1 },
  ];
  for (const given of badForBotSort) {
    assert.throws(() => createTracker({ ...reference.botsort, ...given }), RangeError);
  }
  const other = { ...reference.sort, algorithm: "other" } as unknown as TrackerOptions;
  assert.throws(() => createTracker(other), RangeError);
});

test("checkpoints that do not fit are refused", () => {
  for (const given of defaults) {
    const tracker = createTracker(given);
    for (const frame of walkingScene({ seed: 1, frames: 3, objects: 2 })) tracker.update(frame);
    tracker.update(nothing);
    const good = tracker.save();
    const text = JSON.stringify(good);
    const bad = [
      { ...good, version: 3 },
      { ...good, version: "1" },
      { ...good, algorithm: "other" },
      { ...good, perClass: false },
      { ...good, frame: null },
      { ...good, groups: null },
      { ...good, groups: [{ classId: 0, state: {} }] },
      JSON.parse(text.replace(/"filter":\[[^,]*,/, '"filter":[null,')),
      JSON.parse(text.replace(/"filter":\[[^,]*,/, '"filter":[')),
    ] as TrackerCheckpoint[];
    for (const checkpoint of bad) {
      assert.throws(() => restoreTracker(given, checkpoint), TrackerCheckpointError);
    }
    assert.throws(() => restoreTracker(given, bad[0]!), NewerCheckpointError);
    restoreTracker(given, good);
  }
  const ofSort = createTracker(reference.sort).save();
  assert.throws(() => restoreTracker(reference.bytetrack, ofSort), TrackerCheckpointError);
});

/** A checkpoint in the form of trackers that held features as numbers. */
function inVersionOne(checkpoint: TrackerCheckpoint): TrackerCheckpoint {
  const text = JSON.stringify({ ...checkpoint, version: 1 });
  return JSON.parse(text, (key, value) => {
    if (key === "feature") return [...unpackFeature(value)];
    if (key === "gallery") return unpackGallery(value).map((feature) => [...feature]);
    return value;
  });
}

const looking: readonly TrackerOptions[] = [
  reference.deepsort,
  { ...reference.botsort, appearance: true },
  { ...reference.bytetrack, recall: { maxCosineDistance: 0.3, frames: 20 } },
];

test("a checkpoint whose features are numbers goes on to the same bytes", () => {
  const frames = walkingScene({ seed: 7, frames: 40, objects: 8, missed: 0.3, looks: 12 });
  for (const given of looking) {
    const whole = createTracker(given);
    for (const frame of frames.slice(0, 20)) whole.update(frame);
    const older = inVersionOne(whole.save());
    assert.match(JSON.stringify(older), /"(feature|gallery)":\[/);
    const resumed = restoreTracker(given, overJson(older));
    for (const frame of frames.slice(20)) {
      assert.deepEqual(resumed.update(frame), whole.update(frame));
    }
    assert.equal(JSON.stringify(resumed.save()), JSON.stringify(whole.save()));
  }
});

test("checkpoints with damaged features are refused; those without features are as before", () => {
  for (const given of looking) {
    const tracker = createTracker(given);
    for (const frame of walkingScene({ seed: 1, frames: 9, objects: 3, looks: 5 })) {
      tracker.update(frame);
    }
    const text = JSON.stringify(tracker.save());
    assert.match(text, /"version":2/);
    restoreTracker(given, JSON.parse(text) as TrackerCheckpoint);
    for (const damage of ["null", '"AAA"', '""', '"AAAAAAA="', "[null]", "{}"]) {
      const bad = text.replace(/"(feature|floats)":"[^"]+"/, `"$1":${damage}`);
      assert.notEqual(bad, text);
      const checkpoint = JSON.parse(bad) as TrackerCheckpoint;
      assert.throws(() => restoreTracker(given, checkpoint), TrackerCheckpointError, damage);
    }
  }
  for (const given of [reference.sort, reference.bytetrack, reference.ocsort]) {
    assert.equal(createTracker(given).save().version, 1);
  }
});
