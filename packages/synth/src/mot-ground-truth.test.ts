import assert from "node:assert/strict";
import { test } from "node:test";
import {
  classList,
  motGroundTruth,
  parseMotGroundTruth,
  sequenceInfo,
} from "./mot-ground-truth.ts";
import { createScene } from "./scene.ts";

const scene = createScene({ seed: 3, width: 320, height: 180, fps: 5, seconds: 4 });

test("the MOTChallenge text gives back what was written", () => {
  const rows = parseMotGroundTruth(motGroundTruth(scene));
  const written = Array.from({ length: scene.frames }, (_, frame) =>
    scene.groundTruth(frame).map((truth) => ({ frame: frame + 1, truth })),
  ).flat();
  assert.equal(rows.length, written.length);
  rows.forEach((row, i) => {
    const { frame, truth } = written[i]!;
    assert.equal(row.frame, frame);
    assert.equal(row.id, truth.id);
    assert.equal(row.classNumber, truth.classId + 1);
    assert.equal(row.scored, truth.scored);
    assert.ok(Math.abs(row.visibility - truth.visibility) <= 0.00005);
    row.box.forEach((value, k) => assert.ok(Math.abs(value - truth.box[k]!) < 0.001));
  });
});

test("a line that is not nine numbers is refused with its number", () => {
  assert.throws(() => parseMotGroundTruth("1,1,0,0,5,5,1,1,1\n1,2,0,0,5,5,1\n"), /line 2/);
  assert.throws(() => parseMotGroundTruth("1,1,0,0,5,,1,1,1"), SyntaxError);
  assert.deepEqual(parseMotGroundTruth("\n"), []);
});

test("seqinfo.ini and the class list say what the text leaves out", () => {
  const info = sequenceInfo(scene, "street-3");
  assert.match(info, /^\[Sequence\]\nname=street-3\n/);
  assert.match(info, /frameRate=5\nseqLength=20\nimWidth=320\nimHeight=180\n/);
  assert.equal(classList(), "1 car\n2 truck\n3 person\n");
});
