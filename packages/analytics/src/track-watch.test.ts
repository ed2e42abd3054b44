import assert from "node:assert/strict";
import { test } from "node:test";
import { TrackWatch } from "./track-watch.ts";

/** Which tracks are seen in each frame, two frames a second; what has no frame after is over. */
function happenings(frames: readonly (readonly number[])[]): string[] {
  const watch = new TrackWatch("bottom");
  return frames.flatMap((ids, frame) => {
    const objects = ids.map((trackId) => ({
      trackId,
      label: "person",
      box: [10 * frame, 20, 4, 8] as const,
      isLast: !frames.slice(frame + 1).some((later) => later.includes(trackId)),
    }));
    const seen = { frame, pts: 100 + 5 * frame, seconds: frame / 2, objects };
    return Array.from(watch.see(seen), (event) => {
      const more =
        event.kind === "found"
          ? ` after ${event.awaySeconds}`
          : event.kind === "end"
            ? ` after ${event.lifeSeconds}`
            : "";
      return `${event.pts} ${event.kind} ${event.trackId} at ${event.at.join(",")}${more}`;
    });
  });
}

test("a track starts, is lost, found and ends, each in its frame", () => {
  assert.deepEqual(happenings([[1], [1, 2], [2], [2], [1, 2], [1]]), [
    "100 start 1 at 2,28",
    "105 start 2 at 12,28",
    "110 lost 1 at 12,28",
    "120 found 1 at 42,28 after 1",
    "120 end 2 at 42,28 after 1.5",
    "125 end 1 at 52,28 after 2.5",
  ]);
});

test("what is seen once starts and ends there, and who is over is not lost", () => {
  assert.deepEqual(happenings([[3], [], [4], []]), [
    "100 start 3 at 2,28",
    "100 end 3 at 2,28 after 0",
    "110 start 4 at 22,28",
    "110 end 4 at 22,28 after 0",
  ]);
});

test("several can be lost at once, and again and again", () => {
  assert.deepEqual(happenings([[7, 5], [], [5], [], [7, 5]]), [
    "100 start 7 at 2,28",
    "100 start 5 at 2,28",
    "105 lost 5 at 2,28",
    "105 lost 7 at 2,28",
    "110 found 5 at 22,28 after 0.5",
    "115 lost 5 at 22,28",
    "120 found 7 at 42,28 after 1.5",
    "120 end 7 at 42,28 after 2",
    "120 found 5 at 42,28 after 0.5",
    "120 end 5 at 42,28 after 2",
  ]);
});
