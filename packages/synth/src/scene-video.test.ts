import assert from "node:assert/strict";
import { test } from "node:test";
import { createScene } from "./scene.ts";
import { h264OutputArguments, rawInputArguments, sceneFrames } from "./scene-video.ts";

const scene = createScene({ seed: 4, width: 128, height: 72, fps: 5, seconds: 1, layout: "gbrp" });

test("frames come in order, each in a buffer of its own", async () => {
  const frames = await Array.fromAsync(sceneFrames(scene));
  assert.equal(frames.length, 5);
  const expected = new Uint8Array(128 * 72 * 3);
  frames.forEach((frame, i) => {
    scene.render(i, expected);
    assert.deepEqual(frame, expected);
  });
});

test("ffmpeg is told layout, size and rate, and the difficulty's compression", () => {
  assert.deepEqual(rawInputArguments(scene).slice(0, 8), [
    ...["-f", "rawvideo", "-pix_fmt", "gbrp"],
    ...["-video_size", "128x72", "-framerate", "5"],
  ]);
  const output = h264OutputArguments(scene, "street.mp4");
  assert.equal(output[output.indexOf("-crf") + 1], "25");
  assert.equal(output.at(-1), "street.mp4");
});
