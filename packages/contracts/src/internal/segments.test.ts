import assert from "node:assert/strict";
import { test } from "node:test";
import { fromDeltas, toDeltas } from "./segments.ts";

test("deltas and values are inverse", () => {
  assert.deepEqual(toDeltas([512, 1024, 1000]), [512, 512, -24]);
  assert.deepEqual(fromDeltas([512, 512, -24]), [512, 1024, 1000]);
  assert.deepEqual(fromDeltas(toDeltas([])), []);
});
