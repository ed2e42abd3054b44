import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { outNames } from "./out-names.ts";

test("a name for each video of a command", () => {
  const cases: [string[], string[]][] = [
    [
      ["a.mp4", "b.mkv"],
      ["a", "b"],
    ],
    [
      ["c1/cam.mp4", "c2/cam.mp4", "c3/cam-2.mp4"],
      ["cam", "cam-3", "cam-2"],
    ],
    [
      ["c3/cam-2.mp4", "c1/cam.mp4", "c2/cam.mp4"],
      ["cam-2", "cam", "cam-3"],
    ],
    [
      ["Cam.mp4", "cam.MP4"],
      ["Cam", "cam-2"],
    ],
    [
      ["caf\u00e9.mp4", "cafe\u0301.mp4"],
      ["caf\u00e9", "cafe\u0301-2"],
    ],
    [["clip"], ["clip"]],
    [
      [".mp4", "..mp4", "...mp4"],
      [".mp4", "video", "video-2"],
    ],
  ];
  for (const [videos, names] of cases) assert.deepEqual(outNames(videos), names);
});

test("names are distinct, and none leads out of its folder", () => {
  const stem = fc.constantFrom("cam", "Cam", "cam-2", "cam-3", "cam-2-2", "", ".", "..");
  const video = fc.tuple(fc.constantFrom("a/", "b/", ""), stem, fc.constantFrom("", ".mp4", ".ts"));
  fc.assert(
    fc.property(
      fc.array(
        video.map((parts) => parts.join("")),
        { maxLength: 12 },
      ),
      (videos) => {
        const names = outNames(videos);
        assert.equal(names.length, videos.length);
        assert.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length);
        for (const name of names) assert.ok(!["", ".", ".."].includes(name) && !name.includes("/"));
      },
    ),
  );
});
