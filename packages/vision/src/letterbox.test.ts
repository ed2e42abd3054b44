import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BoxXyxy, Size } from "./box.ts";
import { letterbox, letterboxBox, unletterbox } from "./letterbox.ts";
import type { Placement } from "./letterbox.ts";

const seed = 20170425;
const square = (side: number): Size => ({ width: side, height: side });

interface Row {
  readonly source: [number, number];
  readonly input: [number, number];
  readonly placement: Placement;
  readonly content: [number, number];
  readonly pad: [number, number];
  readonly scale: number;
}
const rows: Row[] = [
  {
    source: [1920, 1080],
    input: [416, 416],
    placement: "top-left",
    content: [416, 234],
    pad: [0, 0],
    scale: 416 / 1920,
  },
  {
    source: [1920, 1080],
    input: [416, 416],
    placement: "center",
    content: [416, 234],
    pad: [0, 91],
    scale: 416 / 1920,
  },
  {
    source: [480, 640],
    input: [416, 416],
    placement: "center",
    content: [312, 416],
    pad: [52, 0],
    scale: 0.65,
  },
  // 100 * 64 / 150 = 42.67 is cut, and the odd rest of 22 px splits evenly
  {
    source: [150, 100],
    input: [64, 64],
    placement: "center",
    content: [64, 42],
    pad: [0, 11],
    scale: 64 / 150,
  },
  // a rest of 21 px leaves the extra pixel below
  {
    source: [64, 43],
    input: [64, 64],
    placement: "center",
    content: [64, 43],
    pad: [0, 10],
    scale: 1,
  },
  // enlarging
  {
    source: [20, 10],
    input: [64, 48],
    placement: "top-left",
    content: [64, 32],
    pad: [0, 0],
    scale: 3.2,
  },
  // 49 * (1 / 49) < 1 in floating point
  {
    source: [49, 49],
    input: [1, 1],
    placement: "top-left",
    content: [1, 1],
    pad: [0, 0],
    scale: 1 / 49,
  },
  // a picture so flat that its content would vanish keeps one row
  {
    source: [1000, 1],
    input: [100, 100],
    placement: "top-left",
    content: [100, 1],
    pad: [0, 0],
    scale: 0.1,
  },
];
for (const { source, input, placement, content, pad, scale } of rows) {
  test(`letterbox ${source.join("x")} into ${input.join("x")}, ${placement}`, () => {
    const plan = letterbox(
      { width: source[0], height: source[1] },
      { width: input[0], height: input[1] },
      placement,
    );
    assert.equal(plan.fit, "letterbox");
    assert.deepEqual([plan.content.width, plan.content.height], content);
    assert.deepEqual([plan.padX, plan.padY], pad);
    assert.equal(plan.scaleX, scale);
    assert.equal(plan.scaleY, scale);
  });
}

test("stretch fills the input and scales each axis on its own", () => {
  const plan = letterbox({ width: 200, height: 50 }, square(100), "center", "stretch");
  assert.deepEqual(plan.content, square(100));
  assert.deepEqual([plan.padX, plan.padY, plan.scaleX, plan.scaleY], [0, 0, 0.5, 2]);
  assert.deepEqual(unletterbox([10, 20, 30, 60], plan), [20, 10, 60, 30]);
});

test("unletterbox takes the padding off and then undoes the scale", () => {
  const plan = letterbox({ width: 200, height: 100 }, square(100), "center");
  assert.deepEqual(unletterbox([10, 35, 50, 75], plan), [20, 20, 100, 100]);
  assert.deepEqual(unletterbox([0, 0, 100, 100], plan), [0, -50, 200, 150], "padding: not clipped");
});

test("sizes must be positive whole numbers", () => {
  for (const bad of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => letterbox({ width: bad, height: 10 }, square(10)), RangeError);
    assert.throws(() => letterbox(square(10), { width: 10, height: bad }), RangeError);
  }
});

test("content fits, is tight on one axis, and boxes survive the round trip", () => {
  const extent = fc.integer({ min: 1, max: 5000 });
  const size = fc.record({ width: extent, height: extent });
  fc.assert(
    fc.property(
      size,
      size,
      fc.constantFrom<Placement>("top-left", "center"),
      fc.constantFrom("letterbox" as const, "stretch" as const),
      (source, input, placement, fit) => {
        const plan = letterbox(source, input, placement, fit);
        const { content, padX, padY } = plan;
        assert.ok(content.width >= 1 && padX + content.width <= input.width);
        assert.ok(content.height >= 1 && padY + content.height <= input.height);
        assert.ok(content.width === input.width || content.height === input.height);
        const box: BoxXyxy = [0, 0, source.width, source.height];
        const back = unletterbox(letterboxBox(box, plan), plan);
        for (let i = 0; i < 4; i++) assert.ok(Math.abs(back[i]! - box[i]!) < 1e-6);
      },
    ),
    { seed },
  );
});
