import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { difficulties } from "./difficulty.ts";
import { createScene, type Scene, type SceneOptions } from "./scene.ts";

const small: SceneOptions = { seed: 7, width: 320, height: 180, fps: 10, seconds: 12 };

function frameHash(scene: Scene, frame: number): string {
  const target = new Uint8Array(scene.width * scene.height * 3);
  scene.render(frame, target);
  return createHash("sha256").update(target).digest("hex");
}

test("a frame depends on the seed and its number alone", () => {
  const difficulty = "hard";
  const forwards = createScene({ ...small, difficulty });
  const backwards = createScene({ ...small, difficulty });
  const order = [0, 1, 2, 40, 41, 119];
  const hashes = order.map((frame) => frameHash(forwards, frame));
  const reversed = order.toReversed().map((frame) => frameHash(backwards, frame));
  assert.deepEqual(reversed.toReversed(), hashes);
  assert.equal(new Set(hashes).size, order.length);
  // Asking for the truth of another frame in between changes nothing.
  backwards.groundTruth(3);
  assert.equal(frameHash(backwards, 40), hashes[3]);
  assert.notEqual(frameHash(createScene({ ...small, difficulty, seed: 8 }), 40), hashes[3]);
});

test("a frame's bytes are the same on every machine", () => {
  // Changes only when what is drawn changes; a model trained on the old pictures may then need
  // to be trained again.
  const hash = frameHash(createScene(small), 25);
  assert.equal(hash.slice(0, 16), "f76a561f0e3375e2");
});

test("both pixel layouts hold the same picture", () => {
  const size = 320 * 180;
  const interleaved = new Uint8Array(size * 3);
  const planar = new Uint8Array(size * 3);
  createScene({ ...small, layout: "rgb24" }).render(30, interleaved);
  createScene({ ...small, layout: "gbrp" }).render(30, planar);
  for (let i = 0; i < size; i++) {
    const rgb = [planar[2 * size + i], planar[i], planar[size + i]];
    assert.deepEqual([...interleaved.subarray(3 * i, 3 * i + 3)], rgb);
  }
});

test("the boxes hold exactly the pixels that are seen", () => {
  for (const difficulty of ["easy", "hard"] as const) {
    const scene = createScene({ ...small, difficulty });
    for (const frame of [10, 60, 110]) {
      const picture = scene.idPicture(frame);
      const seen = new Map<number, [number, number, number, number]>();
      picture.forEach((id, pixel) => {
        if (id === 0) return;
        const x = pixel % 640;
        const y = Math.floor(pixel / 640);
        const [x0, y0, x1, y1] = seen.get(id) ?? [x, y, x, y];
        seen.set(id, [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)]);
      });
      const truth = scene.groundTruth(frame);
      const visible = truth.filter(({ visibility }) => visibility > 0);
      assert.deepEqual(new Set(visible.map(({ id }) => id)), new Set(seen.keys()));
      assert.ok(visible.length > 0);
      for (const { id, box } of visible) {
        const [x0, y0, x1, y1] = seen.get(id)!;
        assert.deepEqual(box, [x0 / 2, y0 / 2, (x1 + 1 - x0) / 2, (y1 + 1 - y0) / 2]);
      }
    }
  }
});

test("boxes lie in the picture, visible ones in the full ones, and visibility is from 0 to 1", () => {
  const scene = createScene({ ...small, difficulty: "hard" });
  for (let frame = 0; frame < scene.frames; frame += 7) {
    for (const { box, fullBox, visibility } of scene.groundTruth(frame)) {
      const [x, y, w, h] = box;
      assert.ok(x >= 0 && y >= 0 && x + w <= 320 && y + h <= 180);
      assert.ok(visibility >= 0 && visibility <= 1);
      // A pixel belongs to an object if its centre does: up to half a canvas pixel is rounding.
      const slack = 0.51;
      assert.ok(x >= fullBox[0] - slack && y >= fullBox[1] - slack);
      assert.ok(x + w <= fullBox[0] + fullBox[2] + slack);
      assert.ok(y + h <= fullBox[1] + fullBox[3] + slack);
    }
  }
});

test("objects of every class come, are hidden in part, and go, each under one id and class", () => {
  const scene = createScene({ ...small, seconds: 20, difficulty: { occlusion: 1 } });
  const frames = Array.from({ length: scene.frames }, (_, frame) => scene.groundTruth(frame));
  const classes = new Map<number, string>();
  for (const { id, label } of frames.flat()) {
    assert.equal(classes.get(id) ?? label, label);
    classes.set(id, label);
  }
  assert.deepEqual(new Set(classes.values()), new Set(["car", "truck", "person"]));
  const first = new Set(frames[0]!.map(({ id }) => id));
  const last = new Set(frames.at(-1)!.map(({ id }) => id));
  assert.ok(
    [...classes.keys()].some((id) => !first.has(id)),
    "something enters",
  );
  assert.ok(
    [...first].some((id) => !last.has(id)),
    "something leaves",
  );
  assert.ok(frames.flat().some(({ visibility }) => visibility > 0.25 && visibility < 0.9));
  assert.ok(frames.flat().some(({ scored }) => scored));
  assert.ok(frames.flat().some(({ scored }) => !scored));
});

test("hoardings hide people for one to four seconds, and nothing else of a street changes", () => {
  const scene = createScene({ ...small, seconds: 20, difficulty: "hidden" });
  const hiddenFrames = new Map<number, number>();
  const spans: number[] = [];
  for (let frame = 0; frame < scene.frames; frame++) {
    for (const { id, label, visibility } of scene.groundTruth(frame)) {
      if (label !== "person") continue;
      const hidden = hiddenFrames.get(id) ?? 0;
      // only who is seen again was hidden by something
      if (visibility > 0 && hidden > 0) spans.push(hidden / scene.fps);
      hiddenFrames.set(id, visibility > 0 ? 0 : hidden + 1);
    }
  }
  assert.ok(spans.filter((span) => span >= 1 && span <= 4).length >= 5, spans.join(" "));

  const { hoardings: _, ...rest } = difficulties.hidden;
  const without = createScene({ ...small, difficulty: { ...rest, hoardings: 0 } });
  const withThem = createScene({ ...small, difficulty: "hidden" });
  const places = (of: Scene) => of.groundTruth(60).map(({ id, fullBox }) => [id, ...fullBox]);
  assert.deepEqual(places(withThem), places(without));
});

test("density 0 is an empty street", () => {
  const scene = createScene({ ...small, difficulty: { density: 0 } });
  assert.deepEqual(scene.groundTruth(50), []);
});

test("wrong options, frames and buffers are refused", () => {
  assert.throws(() => createScene({ ...small, width: 321 }), /width is 321/);
  assert.throws(() => createScene({ ...small, seconds: 0 }), RangeError);
  assert.throws(() => createScene({ ...small, seed: 0.5 }), /seed is 0.5/);
  assert.throws(() => createScene({ ...small, difficulty: { noise: -1 } }), /noise is -1/);
  const scene = createScene(small);
  assert.throws(() => scene.groundTruth(120), /frame 120 is not from 0 to 119/);
  assert.throws(() => scene.render(0, new Uint8Array(5)), /172800 bytes/);
});
