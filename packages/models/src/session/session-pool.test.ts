import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChunkResult } from "./chunk-result.ts";
import { CPU } from "../providers/provider.ts";
import { createTurns } from "../providers/turns.ts";
import { type PoolOptions, SessionPool } from "./session-pool.ts";
import type { Chunk } from "./session-protocol.ts";
import { testManifest } from "../testing/test-manifest.ts";

/**
 * A thread without onnxruntime. the picture's `width` says what to do with a chunk: 666 crashes, 500 fails, else the answer
 * holds it as its count, and
 * then the number of chunks that it came with. It answers when `flags[0]` opens, and counts in `flags[1]` what it got.
 */
const fakeThread = `
  import { parentPort, workerData } from "node:worker_threads";
  if (workerData.file === "unusable") {
    parentPort.postMessage({ type: "unusable", reason: "no such operator" });
  } else {
    parentPort.on("message", (message) => {
      if (message.type === "stop") return parentPort.close();
      const shared = message.chunks.length;
      for (const { id, pictures } of message.chunks) {
        const [{ data, width: code }] = pictures;
        const flags = new Int32Array(data);
        Atomics.add(flags, 1, 1);
        Atomics.notify(flags, 1);
        Atomics.wait(flags, 0, 0);
        if (code === 666) throw new Error("boom");
        if (code === 500) {
          parentPort.postMessage({ type: "answers", answers: [{ id, reason: "bad node" }], runs: [] });
          continue;
        }
        const empty = new Float32Array();
        const result = { task: "objects", counts: Int32Array.of(code, shared), boxes: empty, scores: empty, classIds: new Int32Array(), fields: {} };
        parentPort.postMessage({ type: "answers", answers: [{ id, result }], runs: [] });
      }
    });
    parentPort.postMessage({ type: "ready" });
  }`;
const entry = new URL(`data:text/javascript,${encodeURIComponent(fakeThread)}`);
const spec: PoolOptions["spec"] = {
  file: "usable",
  manifest: testManifest(new Uint8Array()),
  tensorBatch: 1,
  threads: 1,
};

const one = [CPU];
const two = [CPU, CPU];

class Gate {
  readonly flags = new Int32Array(new SharedArrayBuffer(8));

  constructor(open: boolean) {
    this.flags[0] = open ? 1 : 0;
  }

  open(): void {
    Atomics.store(this.flags, 0, 1);
    Atomics.notify(this.flags, 0);
  }

  /** Waits until the threads have got so many chunks. */
  async received(count: number): Promise<void> {
    for (;;) {
      const now = Atomics.load(this.flags, 1);
      if (now >= count) return;
      await Atomics.waitAsync(this.flags, 1, now).value;
    }
  }

  chunk(code: number): Chunk {
    const data = this.flags.buffer;
    const source = { width: 1, height: 1 };
    return { pictures: [{ data, byteOffset: 0, width: code, height: 1, source, minScore: 0 }] };
  }
}

const countsOf = (result: ChunkResult): number[] =>
  result.task === "objects" ? [...result.counts] : [];
const answer = async (run: Promise<ChunkResult>): Promise<number | undefined> =>
  countsOf(await run)[0];

test("every chunk gets its own answer", async () => {
  await using pool = await SessionPool.start({ entry, spec, places: two });
  const gate = new Gate(true);
  const wanted = Array.from({ length: 20 }, (_, i) => i);
  assert.deepEqual(await Promise.all(wanted.map((i) => answer(pool.run(gate.chunk(i))))), wanted);
});

test("a thread that cannot start is reported, and leaves no other behind", async () => {
  await assert.rejects(
    SessionPool.start({ entry, spec: { ...spec, file: "unusable" }, places: two }),
    { code: "model-invalid", message: /no such operator/ },
  );
  const broken = new URL("data:text/javascript,throw new Error('no binding')");
  await assert.rejects(SessionPool.start({ entry: broken, spec, places: one }), {
    code: "model-invalid",
    message: /no binding/,
  });
});

test("a chunk that fails leaves the others and the thread alone", async () => {
  await using pool = await SessionPool.start({ entry, spec, places: one });
  const gate = new Gate(true);
  const bad = assert.rejects(pool.run(gate.chunk(500)), {
    code: "inference-failed",
    message: /bad node/,
  });
  assert.equal(await answer(pool.run(gate.chunk(7))), 7);
  await bad;
});

test("a thread that crashes is replaced, and of what it held only the one at fault fails", async () => {
  for (const tensorBatch of [1, 4]) {
    await using pool = await SessionPool.start({
      entry,
      spec: { ...spec, tensorBatch },
      places: one,
    });
    const gate = new Gate(true);
    const codes = [1, 666, 2, 3, 4, 5];
    const runs = codes.map((code) => answer(pool.run(gate.chunk(code))));
    await assert.rejects(runs[1]!, { code: "inference-failed", message: /boom/ });
    assert.deepEqual(
      await Promise.all(runs.filter((_, i) => i !== 1)),
      codes.filter((code) => code !== 666),
    );
  }
});

test("chunks of several callers share a run; what does not fit goes into the next", async () => {
  await using pool = await SessionPool.start({
    entry,
    spec: { ...spec, tensorBatch: 4 },
    places: one,
  });
  const gate = new Gate(false);
  // the first waits for nobody any more when the others come
  const first = pool.run(gate.chunk(1));
  await gate.received(1);
  const others = [2, 3, 4, 5, 6].map((code) => pool.run(gate.chunk(code)));
  gate.open();
  const counts = (await Promise.all([first, ...others])).map(countsOf);
  assert.deepEqual(counts, [
    [1, 1],
    [2, 4],
    [3, 4],
    [4, 4],
    [5, 4],
    [6, 1],
  ]);
});

test("where runs must not meet, threads take turns", async () => {
  const turns = createTurns();
  await using pool = await SessionPool.start({ entry, spec, places: two, turns });
  const gate = new Gate(false);
  const runs = [1, 2].map((code) => answer(pool.run(gate.chunk(code))));
  await gate.received(1);
  // whatever is asked for now comes after the one that runs, and before it the other chunk
  const third = turns.take(async () => Atomics.load(gate.flags, 1));
  gate.open();
  assert.deepEqual(await Promise.all(runs), [1, 2]);
  assert.equal(await third, 2);
});

test("an abort drops the chunks that wait; those that were dealt finish", async () => {
  await using pool = await SessionPool.start({ entry, spec, places: one });
  const gate = new Gate(false);
  const abort = new AbortController();
  const runs = [1, 2, 3, 4].map((from) => answer(pool.run(gate.chunk(from), abort.signal)));
  await gate.received(1);
  const reason = new Error("enough");
  abort.abort(reason);
  await assert.rejects(runs[2]!, reason);
  await assert.rejects(runs[3]!, reason);
  await assert.rejects(pool.run(gate.chunk(5), abort.signal), reason);
  gate.open();
  assert.deepEqual(await Promise.all(runs.slice(0, 2)), [1, 2]);
});

test("disposal lets dealt chunks finish and refuses the rest", async () => {
  const pool = await SessionPool.start({ entry, spec, places: one });
  const gate = new Gate(false);
  const runs = [1, 2].map((from) => answer(pool.run(gate.chunk(from))));
  const waiting = assert.rejects(pool.run(gate.chunk(3)), { code: "shutting-down" });
  await gate.received(1);
  const disposed = pool[Symbol.asyncDispose]();
  gate.open();
  await Promise.all([disposed, waiting]);
  assert.deepEqual(await Promise.all(runs), [1, 2]);
  await assert.rejects(pool.run(gate.chunk(4)), { code: "shutting-down" });
});

test("a start that is aborted leaves no thread", async () => {
  const abort = new AbortController();
  const started = SessionPool.start({ entry, spec, places: two, signal: abort.signal });
  abort.abort(new Error("never mind"));
  await assert.rejects(started, /never mind/);
});
