import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import type { ProblemCode } from "@framequeue/contracts";
import { readProbe } from "./probe-output.ts";

const limits = { maxPixels: 1_000_000, maxSeconds: 3600 };
const mp4 = { format_name: "mov,mp4,m4a,3gp,3g2,mj2", start_time: "0.021000", duration: "9.5" };
const h264 = {
  index: 1,
  codec_type: "video",
  codec_name: "h264",
  width: 640,
  height: 360,
  time_base: "1/12800",
  nb_frames: "237",
};
const aac = { index: 0, codec_type: "audio", codec_name: "aac" };

function read(output: object, errors: string[] = []) {
  return readProbe("clip.mp4", JSON.stringify(output), errors, limits);
}

test("the first real video stream is described", () => {
  const cover = { ...h264, index: 0, codec_name: "mjpeg", disposition: { attached_pic: 1 } };
  assert.deepEqual(read({ streams: [cover, h264, { ...aac, index: 2 }], format: mp4 }), {
    container: mp4.format_name,
    codec: "h264",
    streamIndex: 1,
    width: 640,
    height: 360,
    rotation: 0,
    timeBase: [1, 12800],
    startSeconds: 0.021,
    durationSeconds: 9.5,
    indexedFrames: 237,
    hasAudio: true,
  });
});

test("a turned picture has its shown size and a clockwise rotation", () => {
  const table: [number, number, number, number][] = [
    [-90, 90, 360, 640],
    [90, 270, 360, 640],
    [180, 180, 640, 360],
    [-180, 180, 640, 360],
    [0, 0, 640, 360],
    [37, 0, 640, 360],
  ];
  for (const [angle, rotation, width, height] of table) {
    const info = read({
      streams: [{ ...h264, side_data_list: [{}, { rotation: angle }] }],
      format: mp4,
    });
    assert.deepEqual([info.rotation, info.width, info.height], [rotation, width, height]);
  }
});

test("pixels that are not square stretch the width of the upright picture", () => {
  const table: [string | undefined, number, number, number][] = [
    ["2:1", 0, 1280, 360],
    ["64:45", 0, 910, 360],
    ["1:2", 0, 320, 360],
    ["2:1", -90, 180, 640],
    ["1:2", 90, 720, 640],
    ["3:7", 180, 274, 360],
    ["16:1", 0, 10240, 360],
    ["17:1", 0, 640, 360],
    ["1:1000", 0, 640, 360],
    ["0:1", 0, 640, 360],
    ["1:0", 0, 640, 360],
    ["0:0", 0, 640, 360],
    ["-2:1", 0, 640, 360],
    ["N/A", 0, 640, 360],
    [undefined, 0, 640, 360],
  ];
  for (const [sample_aspect_ratio, rotation, width, height] of table) {
    const stream = { ...h264, sample_aspect_ratio, side_data_list: [{ rotation }] };
    const json = JSON.stringify({ streams: [stream], format: mp4 });
    const info = readProbe("clip.mp4", json, [], { ...limits, maxPixels: 1e7 });
    assert.deepEqual(
      [sample_aspect_ratio, info.width, info.height],
      [sample_aspect_ratio, width, height],
    );
  }
});

test("only an mp4 index is trusted for the number of frames", () => {
  assert.equal(read({ streams: [h264], format: { format_name: "avi" } }).indexedFrames, undefined);
  assert.equal(
    read({ streams: [{ ...h264, nb_frames: undefined }], format: mp4 }).indexedFrames,
    undefined,
  );
});

test("a length with all bits set is no length", () => {
  const stream = { ...h264, duration_ts: 4294967295, duration: "143165.5765" };
  const info = read({ streams: [stream], format: { ...mp4, duration: "143165.576500" } });
  assert.equal(info.durationSeconds, 0);
});

const failures: [string, object, string[], ProblemCode, RegExp][] = [
  ["garbage", {}, ["mov: moov atom not found"], "source-not-video", /moov atom not found/],
  ["encrypted header", {}, ["mov: reading encryption info"], "source-unsupported", /encrypted/],
  ["sound only", { streams: [aac], format: mp4 }, [], "source-no-video-stream", /audio/],
  [
    "encrypted samples",
    { streams: [{ ...h264, codec_tag_string: "encv" }], format: mp4 },
    [],
    "source-unsupported",
    /encrypted/,
  ],
  [
    "no decoder",
    { streams: [{ ...h264, codec_name: undefined, codec_tag_string: "vvc1" }], format: mp4 },
    [],
    "source-unsupported",
    /"vvc1"/,
  ],
  [
    "too many pixels",
    { streams: [{ ...h264, width: 1001, height: 1000 }], format: mp4 },
    [],
    "source-too-large",
    /1001x1000/,
  ],
  [
    "too many pixels as shown",
    { streams: [{ ...h264, sample_aspect_ratio: "5:1" }], format: mp4 },
    [],
    "source-too-large",
    /3200x360/,
  ],
  [
    "too many pixels in the bitstream",
    { streams: [{ ...h264, width: 0, height: 0 }], format: mp4 },
    ["vp9: Picture size 12336x12336 exceeds specified max pixel count 1, see"],
    "source-too-large",
    /12336x12336/,
  ],
  [
    "too long",
    { streams: [h264], format: { ...mp4, duration: "3601" } },
    [],
    "source-too-large",
    /3601 s/,
  ],
  ["no size", { streams: [{ ...h264, width: 0 }], format: mp4 }, [], "source-damaged", /how large/],
];

for (const [name, output, errors, code, text] of failures) {
  test(`${name}: ${code}`, () => {
    assert.throws(
      () => read(output, errors),
      (error) => error instanceof ProblemError && error.code === code && text.test(error.message),
    );
  });
}
