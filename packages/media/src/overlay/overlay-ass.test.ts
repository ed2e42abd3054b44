import assert from "node:assert/strict";
import { test } from "node:test";
import type { DetectionRow, FrameRow } from "@framequeue/contracts";
import { FrameClock } from "../decode/frame-clock.ts";
import { assTime, overlayAss } from "./overlay-ass.ts";

const info = { width: 640, height: 360, startSeconds: 0 };
const clock = new FrameClock([0, 1], [1, 25]);

async function events(detections: DetectionRow[]): Promise<string[]> {
  const rows: FrameRow[] = [
    { frame: 0, pts: 0, detections },
    { frame: 1, pts: 1, detections: [] },
  ];
  const text = (await Array.fromAsync(overlayAss(rows, info, clock))).join("");
  return text.split("\n").filter((line) => line.startsWith("Dialogue:"));
}

const person: DetectionRow = {
  box: [100, 100, 50, 120],
  score: 0.8712,
  classId: 0,
  label: "person",
  trackId: 3,
};

test("a detection is a box and a tag, on the screen for its frame", async () => {
  const [box = "", tag = "", ...more] = await events([person]);
  assert.equal(more.length, 0);
  assert.match(box, /^Dialogue: 0,2:46:39\.80,2:46:40\.20,shape,/);
  assert.match(box, /\{\\an7\\pos\(0,0\).*\\p4\}m 795 795 l 1205 795 1205 1765 795 1765/);
  assert.match(
    tag,
    /^Dialogue: 1,2:46:39\.80,2:46:40\.20,tag,.*\\an1\\pos\(100\.9,97\.9\).*\}person 3 0\.87$/,
  );
});

test("a tag stays in the picture", async () => {
  const place = async (box: DetectionRow["box"]) =>
    /\\an\d\\pos\([^)]*\)/.exec((await events([{ ...person, box }]))[1] ?? "")?.[0];
  assert.equal(await place([100, 2, 50, 120]), "\\an7\\pos(100.9,4.1)");
  assert.equal(await place([620, 100, 20, 120]), "\\an3\\pos(638.5,97.9)");
  assert.equal(await place([620, 0, 20, 120]), "\\an9\\pos(638.5,2.1)");
  assert.equal(await place([0, 100, 20, 120]), "\\an1\\pos(1.5,97.9)");
});

test("a label cannot smuggle in commands", async () => {
  const [, tag = ""] = await events([{ ...person, label: "a{\\pos(0,0)}\nDialogue: b\\N" }]);
  assert.match(tag, /\}a\(\/pos\(0,0\)\) Dialogue: b\/N 3 0\.87$/);
});

test("what no track claims is drawn without a number", async () => {
  const { trackId: _, ...loose } = person;
  const [, tag = ""] = await events([loose]);
  assert.match(tag, /\}person 0\.87$/);
});

test("hundredths of a subtitle are milliseconds of the source", () => {
  assert.equal(assTime(0), "0:00:00.00");
  assert.equal(assTime(1_000_020), "2:46:40.20");
  assert.equal(assTime(123_456_789), "342:56:07.89");
});

test("the overlay comes piece by piece", async () => {
  let asked = 0;
  function* endless(): Generator<FrameRow> {
    for (;;) yield { frame: asked, pts: asked++, detections: [person] };
  }
  let pieces = 0;
  for await (const _ of overlayAss(endless(), info, clock)) {
    pieces += 1;
    if (pieces === 100) break;
  }
  assert.ok(asked <= 102);
});
