import assert from "node:assert/strict";
import { test } from "node:test";
import { analyticsOptionsSchema } from "./analytics.ts";

const line = { name: "gate", from: [0, 0], to: [10, 0] };
const zone = {
  name: "gate",
  polygon: [
    [0, 0],
    [10, 0],
    [5, 5],
  ],
};
const square = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];
const flat = [
  [0, 0],
  [0.1, 0.2],
  [0.3, 0.6],
  [0, 1],
];

test("nothing but lines and zones is needed", () => {
  const options = analyticsOptionsSchema.parse({ lines: [line], zones: [zone] });
  assert.deepEqual(
    [options.units, options.anchor, options.intervalSeconds, options.margin],
    ["pixels", "bottom", 60, undefined],
  );
});

const FAULTS: [string, unknown, string][] = [
  ["a line without a length", { lines: [{ ...line, to: [0, 0] }] }, "lines.0.to"],
  [
    "a zone of two corners",
    {
      zones: [
        {
          name: "a",
          polygon: [
            [0, 0],
            [1, 1],
          ],
        },
      ],
    },
    "zones.0.polygon",
  ],
  ["two lines of one name", { lines: [line, line] }, "lines.1.name"],
  ["an unknown field", { line: [] }, ""],
  ["a flat picture", { calibration: { image: flat, ground: square } }, "calibration.image"],
  ["a flat ground", { calibration: { image: square, ground: flat } }, "calibration.ground"],
  [
    "three points",
    { calibration: { image: square.slice(1), ground: square } },
    "calibration.image",
  ],
  ["an interval of nothing", { intervalSeconds: 0 }, "intervalSeconds"],
];
for (const [name, value, at] of FAULTS) {
  test(`refused: ${name}`, () => {
    const { error } = analyticsOptionsSchema.safeParse(value);
    assert.equal(error?.issues[0]?.path.join("."), at);
  });
}
