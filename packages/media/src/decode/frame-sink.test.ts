import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import fc from "fast-check";
import { FrameSink } from "./frame-sink.ts";

test("bytes arrive in order, however the pipe and the reader cut them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 })),
      fc.integer({ min: 1, max: 17 }),
      async (chunks, step) => {
        const sink = new FrameSink();
        Readable.from(chunks.map((chunk) => Buffer.from(chunk))).pipe(sink);
        const got: number[] = [];
        for (;;) {
          const target = new Uint8Array(new SharedArrayBuffer(step));
          const bytes = await sink.fill(target);
          got.push(...target.subarray(0, bytes));
          if (bytes < step) break;
        }
        assert.deepEqual(
          got,
          chunks.flatMap((chunk) => [...chunk]),
        );
      },
    ),
    { seed: 5, numRuns: 60 },
  );
});

test("nobody reads: the sink asks for no more than its read-ahead", async () => {
  let produced = 0;
  const source = new Readable({
    highWaterMark: 0,
    read() {
      produced += 65536;
      this.push(Buffer.alloc(65536));
    },
  });
  const sink = new FrameSink();
  source.pipe(sink);
  await sink.fill(new Uint8Array(1));
  await new Promise<void>((resolve) => {
    if (sink.writableNeedDrain) resolve();
    else source.once("pause", resolve);
  });
  assert.ok(produced <= (1 << 20) + 3 * 65536, `${produced}`);
  source.destroy();
});

test("a closed sink gives what it has", async () => {
  const sink = new FrameSink();
  sink.write(Buffer.from([1, 2]));
  const target = new Uint8Array(4);
  const filled = sink.fill(target);
  sink.close();
  assert.equal(await filled, 2);
  assert.deepEqual([...target], [1, 2, 0, 0]);
});
