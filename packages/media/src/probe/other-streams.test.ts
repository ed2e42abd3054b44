import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { tellsOfOtherStreams } from "./other-streams.ts";

test("every decoder of sound and subtitles that ffmpeg has is known, and none of pictures is taken for one", async () => {
  const { stdout } = await promisify(execFile)("ffmpeg", ["-hide_banner", "-decoders"]);
  const decoders = [...stdout.matchAll(/^ ([VAS])[F.][S.][X.][B.][D.] (\w\S*)/gm)];
  assert.ok(decoders.length > 300);
  for (const [, kind, name] of decoders) {
    assert.equal(tellsOfOtherStreams(`${name}: broken`), kind !== "V", name);
  }
});

test("demuxers and ffmpeg itself speak of the whole", () => {
  for (const text of [
    "mov: partial file",
    "matroska: File ended prematurely",
    "a.mp4: Invalid data",
  ]) {
    assert.equal(tellsOfOtherStreams(text), false, text);
  }
  assert.equal(tellsOfOtherStreams("Error parsing Ogg extradata."), true);
});
