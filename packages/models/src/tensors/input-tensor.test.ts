import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Content } from "./input-tensor.ts";
import { InputTensor, takesBytes } from "./input-tensor.ts";
import type { InputSpec } from "../manifest/manifest-input.ts";
import { testManifest } from "../testing/test-manifest.ts";

const seed = 20170425;
const base: InputSpec = { ...testManifest(new Uint8Array()).input, width: 6, height: 5 };

/** One value after the other, by the definition of the manifest. */
function expected(spec: InputSpec, pictures: readonly [Uint8Array, Content][]): Float32Array {
  const { width, height, layout, channels, scale, mean, std, fill = 0 } = spec;
  const count = channels === "luma" ? 1 : 3;
  const values: number[] = [];
  const value = (planes: Uint8Array, content: Content, c: number, y: number, x: number): number => {
    const row = y - content.padY;
    const column = x - content.padX;
    const inside = row >= 0 && row < content.height && column >= 0 && column < content.width;
    const at = (letter: string): number => {
      const plane = "gbr".indexOf(letter);
      return planes[(plane * content.height + row) * content.width + column]!;
    };
    const byte =
      channels === "luma" ? 0.587 * at("g") + 0.114 * at("b") + 0.299 * at("r") : at(channels[c]!);
    return ((inside ? byte : fill) * scale - mean[c]!) / std[c]!;
  };
  for (const [planes, content] of pictures) {
    const [outer, middle, inner] =
      layout === "nchw" ? [count, height, width] : [height, width, count];
    for (let i = 0; i < outer; i++) {
      for (let j = 0; j < middle; j++) {
        for (let k = 0; k < inner; k++) {
          const [c, y, x] = layout === "nchw" ? [i, j, k] : [k, i, j];
          values.push(value(planes, content, c, y, x));
        }
      }
    }
  }
  return Float32Array.from(values);
}

const picture = fc
  .record({
    // wider or higher than the input: cut off
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 8 }),
    corner: fc.boolean(),
  })
  .chain(({ width, height, corner }) => {
    const padX = corner ? 0 : Math.floor((6 - width) / 2);
    const padY = corner ? 0 : Math.floor((5 - height) / 2);
    return fc.tuple(
      fc.uint8Array({ minLength: 3 * width * height, maxLength: 3 * width * height }),
      fc.constant<Content>({ width, height, padX, padY }),
    );
  });

test("equals the definition, however often the tensor was used before", () => {
  fc.assert(
    fc.property(
      fc.record({
        layout: fc.constantFrom("nchw" as const, "nhwc" as const),
        channels: fc.constantFrom("rgb" as const, "bgr" as const, "luma" as const),
        numbers: fc.constantFrom<Pick<InputSpec, "scale" | "mean" | "std" | "fill">>(
          { scale: 1, mean: [0, 0, 0], std: [1, 1, 1], fill: 114 },
          { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], fill: 0 },
          { scale: 1, mean: [127, 127, 127], std: [128, 128, 128], fill: 127.5 },
        ),
      }),
      fc.array(fc.tuple(picture, picture), { minLength: 1, maxLength: 4 }),
      ({ layout, channels, numbers }, rounds) => {
        const count = channels === "luma" ? 1 : 3;
        const { mean, std } = numbers;
        const perChannel = { mean: mean.slice(0, count), std: std.slice(0, count) };
        const spec: InputSpec = { ...base, layout, channels, ...numbers, ...perChannel };
        const tensor = new InputTensor(spec, 2);
        for (const pictures of rounds) {
          pictures.forEach(([planes, content], slot) => tensor.place(slot, planes, content));
          const wanted = expected(spec, pictures);
          if (channels !== "luma") assert.deepEqual(tensor.data, wanted);
          // a sum of three products, rounded another way
          else wanted.forEach((value, i) => assert.ok(Math.abs(tensor.data[i]! - value) < 1e-4));
        }
      },
    ),
    { seed },
  );
});

test("its shape follows the layout", () => {
  assert.deepEqual(new InputTensor(base, 2).dims, [2, 3, 5, 6]);
  assert.deepEqual(new InputTensor({ ...base, layout: "nhwc" }, 1).dims, [1, 5, 6, 3]);
});

test("a cleared slot holds the fill value again, and its neighbour what it held", () => {
  const tensor = new InputTensor(base, 2);
  const content = { width: 6, height: 5, padX: 0, padY: 0 };
  tensor.place(0, new Uint8Array(90).fill(7), content);
  tensor.place(1, new Uint8Array(90).fill(9), content);
  tensor.clear(0);
  assert.deepEqual([...new Set(tensor.data.subarray(0, 90))], [114]);
  assert.deepEqual([...new Set(tensor.data.subarray(90))], [9]);
});

test("bytes where the model takes them: the same values, and only where bytes can hold them", () => {
  const floats = new InputTensor(base, 2);
  const bytes = new InputTensor(base, 2, "uint8");
  const planes = Uint8Array.from({ length: 3 * 6 * 4 }, (_, i) => (37 * i) % 256);
  for (const tensor of [floats, bytes]) {
    tensor.place(1, planes, { width: 6, height: 4, padX: 0, padY: 1 });
  }
  assert.ok(bytes.data instanceof Uint8Array);
  assert.deepEqual([...bytes.data], [...floats.data]);
  assert.deepEqual(bytes.dims, floats.dims);
  assert.equal(takesBytes(base), true);
  assert.equal(takesBytes({ ...base, scale: 1 / 255 }), false);
  assert.equal(takesBytes({ ...base, mean: [1, 0, 0] }), false);
  assert.equal(takesBytes({ ...base, channels: "luma", mean: [0], std: [1] }), false);
});
