import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import type { ProblemCode } from "@framequeue/contracts";
import type { ContainerFacts } from "../containers/facts.ts";
import type { DescribedSource } from "./described-streams.ts";
import { chooseStream, readProbe } from "./probe-output.ts";
import type { ProbeQuestion } from "./probe-output.ts";

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

function read(
  output: Partial<DescribedSource>,
  errors: string[] = [],
  question: Partial<ProbeQuestion> = {},
  facts: ContainerFacts = {},
) {
  const source = { streams: [], errors, late: false, doubtful: false, ...output };
  const asked = { ...limits, ...question };
  const stream = chooseStream("clip.mp4", source, asked);
  return readProbe("clip.mp4", source, stream, facts, asked);
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
    const info = read({ streams: [stream], format: mp4 }, [], { maxPixels: 1e7 });
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

test("of several video streams ffmpeg's choice is taken, or the one that is named, and all are listed", () => {
  const cover = { ...h264, index: 0, codec_name: "mjpeg", disposition: { attached_pic: 1 } };
  const small = { ...h264, index: 2, width: 160, height: 90 };
  const source = { streams: [cover, h264, small], format: mp4, chosen: 2 };
  const listed = [
    { index: 1, codec: "h264", width: 640, height: 360 },
    { index: 2, codec: "h264", width: 160, height: 90 },
  ];
  const taken = (stream?: number) => read(source, [], { stream });
  assert.deepEqual([taken().streamIndex, taken().width, taken().videoStreams], [2, 160, listed]);
  assert.deepEqual([taken(1).streamIndex, taken(1).width, taken(1).videoStreams], [1, 640, listed]);
  assert.deepEqual([taken(0).streamIndex, taken(0).codec], [0, "mjpeg"]);
  assert.equal(read({ streams: [cover, h264], format: mp4 }).videoStreams, undefined);
});

test("where the container says that the stream ends", () => {
  const matroska = { format_name: "matroska,webm", duration: "9.9" };
  const plain = { format_name: mp4.format_name };
  type Row = [
    Partial<DescribedSource["streams"][0]>,
    DescribedSource["format"],
    number | undefined,
  ];
  const table: Row[] = [
    [{ start_pts: 1024, duration_ts: 3000 }, plain, 4024],
    [{ duration_ts: 4294967295 }, plain, undefined],
    [{}, plain, undefined],
    // The whole is longer than the track, and nothing else is in it.
    [{ start_pts: 0, duration_ts: 12800 }, { ...mp4, duration: "1.5" }, 19200],
    [{ start_pts: 0, duration_ts: 12800 }, { ...mp4, duration: "1.001" }, 12800],
    [{ time_base: "1/1000", tags: { DURATION: "00:01:02.345000000" } }, matroska, 62345],
    [{ time_base: "1/1000" }, matroska, undefined],
    [{ time_base: "1/25", nb_frames: "60", duration_ts: 40 }, { format_name: "avi" }, 60],
    [{ time_base: "1/1000" }, { format_name: "flv", duration: "2.5" }, 2500],
    [{ time_base: "1/1000", duration_ts: 9 }, { format_name: "asf", duration: "2.5" }, 2500],
  ];
  for (const [change, format, expected] of table) {
    const info = read({ streams: [{ ...h264, ...change }], format });
    assert.equal(info.statedEnd, expected, JSON.stringify([change, format]));
  }
  const both = [{ ...h264, time_base: "1/1000" }, aac];
  const flv = { format_name: "flv", duration: "2.5" };
  assert.equal(read({ streams: both, format: flv }).statedEnd, undefined);
});

type Output = Partial<DescribedSource>;
const failures: [string, Output, string[], ProblemCode, RegExp, Partial<ProbeQuestion>?][] = [
  ["garbage", {}, ["mov: moov atom not found"], "source-not-video", /moov atom not found/],
  ["encrypted header", {}, ["mov: reading encryption info"], "source-unsupported", /encrypted/],
  [
    "a cover picture alone",
    { streams: [aac, { ...h264, disposition: { attached_pic: 1 } }], format: mp4 },
    [],
    "source-no-video-stream",
    /only picture is a cover, stream 1\. Name .*: --stream 1, over HTTP options\.stream\./,
  ],
  [
    "a stream that is not there",
    { streams: [aac, h264], format: mp4 },
    [],
    "source-no-video-stream",
    /Stream 5 of clip\.mp4 is not there; its video streams: 1 \(h264, 640x360\)\./,
    { stream: 5 },
  ],
  [
    "a stream that is no video",
    { streams: [aac, h264], format: mp4 },
    [],
    "source-no-video-stream",
    /Stream 0 of clip\.mp4 is of the kind audio; its video streams: 1/,
    { stream: 0 },
  ],
  [
    "encrypted by a tag",
    { streams: [{ ...h264, tags: { enc_key_id: "x==" } }], format: mp4 },
    [],
    "source-unsupported",
    /encrypted \(tag enc_key_id\)/,
  ],
  [
    "encrypted by side data",
    {
      streams: [{ ...h264, side_data_list: [{ side_data_type: "Encryption info" }] }],
      format: mp4,
    },
    [],
    "source-unsupported",
    /encrypted \(Encryption info\)/,
  ],
  [
    "one of two has no decoder",
    { streams: [{ ...h264, codec_name: undefined, index: 0 }, h264], format: mp4, chosen: 0 },
    [],
    "source-unsupported",
    /Another video stream can be named \(--stream N, .*\): 1 \(h264, 640x360\)\./,
  ],
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

test("tags that tell of no protection are none", () => {
  const tags = { "WM/WMRVEncrypted": "0", encryption: "none", title: "encryption and DRM" };
  assert.equal(read({ streams: [{ ...h264, tags }], format: { ...mp4, tags } }).codec, "h264");
});

test("a name that speaks of encryption does not make a file encrypted", () => {
  const source = {
    streams: [],
    errors: ["encrypted.mp4: Invalid data"],
    late: false,
    doubtful: true,
  };
  assert.throws(() => chooseStream("encrypted.mp4", source, limits), { code: "source-not-video" });
});

for (const [name, output, errors, code, text, question] of failures) {
  test(`${name}: ${code}`, () => {
    assert.throws(
      () => read(output, errors, question),
      (error) => error instanceof ProblemError && error.code === code && text.test(error.message),
    );
  });
}
