import assert from "node:assert/strict";
import { test } from "node:test";
import { colourOf, inkOn } from "./overlay-palette.ts";

test("colours are stable, and neighbours are far apart", () => {
  assert.deepEqual(colourOf(7), colourOf(7));
  for (let first = 0; first < 50; first += 1) {
    for (let second = first + 1; second < first + 5; second += 1) {
      const [a, b] = [colourOf(first), colourOf(second)];
      const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
      assert.ok(distance > 60, `${first} and ${second}: ${distance}`);
    }
  }
});

test("every part is a byte", () => {
  for (let number = 0; number < 500; number += 1) {
    assert.ok(colourOf(number).every((part) => Number.isInteger(part) && part >= 0 && part <= 255));
  }
});

test("text is dark on light colours and light on dark ones", () => {
  assert.deepEqual(inkOn([250, 220, 60]), [16, 16, 16]);
  assert.deepEqual(inkOn([60, 40, 160]), [255, 255, 255]);
});
