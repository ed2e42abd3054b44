import assert from "node:assert/strict";
import { test } from "node:test";
import { shareFor } from "./job-share.ts";

test("one job alone can keep every worker busy, within limits", () => {
  assert.deepEqual(shareFor({ decode: 0, infer: 0 }), { window: 12, openSegments: 2 });
  assert.deepEqual(shareFor({ decode: 2, infer: 3 }), { window: 12, openSegments: 2 });
  assert.deepEqual(shareFor({ decode: 8, infer: 24 }), { window: 44, openSegments: 8 });
  assert.deepEqual(shareFor({ decode: 99, infer: 999 }), { window: 256, openSegments: 32 });
});
