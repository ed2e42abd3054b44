import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineSplitter } from "./line-splitter.ts";

test("lines do not depend on how the text is cut into chunks", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-c\n]{0,9}$/)), (chunks) => {
      const splitter = new LineSplitter();
      const lines = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
      const whole = chunks.join("").split("\n");
      if (whole.at(-1) === "") whole.pop();
      assert.deepEqual(lines, whole);
    }),
    { seed: 7 },
  );
});
