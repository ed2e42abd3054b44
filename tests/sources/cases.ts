import type { Expectation } from "./judge.ts";

/** The numbered cases that are files, as their script names them. What is not said is as ffmpeg says. */
export const CASES: readonly (readonly [nr: string, file: string, expected: Expectation])[] = [
  ["1", "ts_jump.ts", {}],
  ["2", "midgop.ts", {}],
  ["4", "c1/cam.mp4", {}],
  ["6", "clip", {}],
  ["9", "lowfirst.mp4", { stream: 0 }],
  ["9", "lowfirst.mp4", { stream: 1 }],
  ["9", "lowfirst.mp4", {}],
  ["10", "turn.h264", { says: /change their size or shape/ }],
  ["15", "cam.dav", {}],
  ["15", "raw.mjpeg", {}],
  ["15", "cover.jpg", { problem: /^source-not-video$/, says: /is a picture, not a video/ }],
  ["16", "repeats.mkv", {}],
  ["17", "protected.mp4", { problem: /^source-unsupported$/, says: /encrypted/ }],
  ["18", "cover.m4a", { problem: /^source-no-video-stream$/, says: /only picture is a cover/ }],
  ["", "s60.mp4", {}],
  ["", "nob.mp4", {}],
];

/** Cases that are ways to run or models, and where they are held. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  "3": "tests/e2e/sources.test.ts",
  "4 to 8": "the tests of packages/cli and tests/e2e, as far as they are ways to run",
  "11 to 13": "the tests of packages/models",
  "14": "the tests of rendering",
};
