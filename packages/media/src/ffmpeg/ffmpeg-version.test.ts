import assert from "node:assert/strict";
import { test } from "node:test";
import { ffmpegVersion } from "./ffmpeg-version.ts";

test("ffmpeg says which version it is", async () => {
  assert.match(await ffmpegVersion("ffmpeg"), /^[nN]?\d+\.\d+/);
  await assert.rejects(ffmpegVersion("/nowhere/ffmpeg"), { code: "ENOENT" });
});
