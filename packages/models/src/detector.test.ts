import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { GraphBuilder } from "@framequeue/graphs";
import type { Detector, FrameDetections } from "./detector.ts";
import { createDetector } from "./detector.ts";
import { chunkSpans } from "./session/model-runner.ts";
import { loadModelPackage } from "./package/package.ts";
import type { Blob } from "./testing/blob-frames.ts";
import type { SessionRun } from "./session/session-protocol.ts";
import { blobFrames } from "./testing/blob-frames.ts";
import { testManifest } from "./testing/test-manifest.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";
import { bareTestPackage, writeTestPackage } from "./testing/test-package.ts";

const oneThread = { workers: 1, threadsPerWorker: 1 };

/** Boxes rounded to pixels, with the class; sorted, because equal scores have no meaning for a test. */
const plain = ({ boxes, classIds }: FrameDetections): string[] =>
  Array.from(classIds, (classId, i) =>
    [classId, ...boxes.subarray(4 * i, 4 * i + 4).map(Math.round)].join(" "),
  ).sort();

const inSource = ({ classId, x, y, width, height }: Blob, scale: number): string =>
  [classId, ...[x, y, x + width, y + height].map((value) => Math.round(value * scale))].join(" ");

/** A red, a green and a blue blob that walk to the right; frame `i` lacks the blue one if `i` is odd. */
function walk(frames: number): Blob[][] {
  return Array.from({ length: frames }, (_, i) => [
    { classId: 0, x: 20 + 6 * i, y: 40, width: 16, height: 12 },
    { classId: 1, x: 40 + 5 * i, y: 120, width: 32, height: 24 },
    ...(i % 2 === 0 ? [{ classId: 2 as const, x: 200, y: 24 + i, width: 10, height: 18 }] : []),
  ]);
}

test("finds what is there, in source pixels", async () => {
  await using folder = await temporaryFolder();
  await using detector = await createDetector(await bareTestPackage(folder.path), oneThread);
  const source = { width: 1280, height: 720 };
  const size = detector.frameSize(source);
  assert.deepEqual(size, { width: 416, height: 234 });
  const blobs = walk(6);
  const found = await detector.detect(blobFrames(size, blobs), { from: 0, to: 6 }, source);
  assert.equal(found.length, 6);
  found.forEach((frame, i) => {
    const expected = blobs[i]!.map((blob) => inSource(blob, 1280 / 416)).sort();
    const seen = plain(frame);
    assert.equal(seen.length, expected.length, `frame ${i}: ${seen.join("; ")}`);
    seen.forEach((box, j) => {
      const [classId, ...corners] = box.split(" ").map(Number);
      const [wantedClass, ...wanted] = expected[j]!.split(" ").map(Number);
      assert.equal(classId, wantedClass);
      corners.forEach((value, k) => assert.ok(Math.abs(value - wanted[k]!) <= 6, box));
    });
    for (const score of frame.scores) assert.ok(score >= 0.4 && score <= 1);
  });
});

test("one box per blob, whatever its size, shape and place", async () => {
  await using folder = await temporaryFolder();
  await using detector = await createDetector(await bareTestPackage(folder.path), oneThread);
  const source = { width: 416, height: 416 };
  const extents = [6, 9, 13, 17, 20, 23, 31, 38, 44, 52, 60, 68, 76];
  const blobs = extents.flatMap((width, i) =>
    [width, Math.ceil(width * 0.6)].map((height, j): Blob => {
      const x = (37 * i + 11 * j) % (416 - width);
      const y = (53 * i + 29 * j) % (416 - height);
      return { classId: ((i + j) % 3) as Blob["classId"], x, y, width, height };
    }),
  );
  const frames = blobFrames(
    source,
    blobs.map((blob) => [blob]),
  );
  const found = await detector.detect(frames, { from: 0, to: blobs.length }, source);
  blobs.forEach((blob, i) => {
    const { boxes, classIds } = found[i]!;
    const name = JSON.stringify(blob);
    assert.deepEqual([...classIds], [blob.classId], name);
    const wanted = [blob.x, blob.y, blob.x + blob.width, blob.y + blob.height];
    const off = Math.max(...wanted.map((value, k) => Math.abs(boxes[k]! - value)));
    assert.ok(off <= 2.5, `${name}: off by ${off}`);
  });
});

test("portrait frames: padding to the right costs nothing, and other sources may come between", async () => {
  await using folder = await temporaryFolder();
  await using detector = await createDetector(await bareTestPackage(folder.path), oneThread);
  const portrait = { width: 720, height: 1280 };
  const size = detector.frameSize(portrait);
  assert.deepEqual(size, { width: 234, height: 416 });
  const frames = blobFrames(size, [[{ classId: 2, x: 210, y: 390, width: 16, height: 16 }]]);
  const look = (): Promise<FrameDetections[]> =>
    detector.detect(frames, { from: 0, to: 1 }, portrait);
  const first = await look();
  assert.deepEqual(plain(first[0]!), ["2 646 1200 695 1249"]);
  // a bright landscape frame in between must not show through
  const landscape = { width: 416, height: 234 };
  const full = [{ classId: 2 as const, x: 300, y: 0, width: 70, height: 70 }];
  await detector.detect(blobFrames(landscape, [full]), { from: 0, to: 1 }, landscape);
  assert.deepEqual(await look(), first);
});

async function walked(
  folder: string,
  options: Parameters<typeof createDetector>[1],
  use: (detector: Detector) => Promise<FrameDetections[]>,
): Promise<FrameDetections[]> {
  await using detector = await createDetector(await bareTestPackage(folder), options);
  // not without await: the detector would be gone before its answer
  return await use(detector);
}

test("one thread or two, at once or in pieces: the same numbers", async () => {
  await using folder = await temporaryFolder();
  const source = { width: 416, height: 416 };
  const frames = blobFrames(source, walk(18), 5);
  const whole = (detector: Detector): Promise<FrameDetections[]> =>
    detector.detect(frames, { from: 0, to: 18 }, source);
  const expected = await walked(folder.path, oneThread, whole);
  assert.equal(expected.flatMap(({ scores }) => [...scores]).length, 45);
  const two = await walked(folder.path, { ...oneThread, workers: 2 }, whole);
  assert.deepEqual(two, expected);
  const pieces = await walked(folder.path, { ...oneThread, workers: 2 }, async (detector) => {
    const ranges = [0, 1, 8, 8, 17, 18];
    const parts = ranges
      .slice(1)
      .map((to, i) => detector.detect(frames, { from: ranges[i]!, to }, source));
    return (await Promise.all(parts)).flat();
  });
  assert.deepEqual(pieces, expected);
});

test("a short tensor is filled up: a frame's numbers do not depend on its neighbours", async () => {
  await using folder = await temporaryFolder();
  const source = { width: 416, height: 416 };
  const frames = blobFrames(source, walk(6));
  const options = { ...oneThread, tensorBatch: 4 };
  await using detector = await createDetector(await bareTestPackage(folder.path), options);
  const look = (from: number, to: number): Promise<FrameDetections[]> =>
    detector.detect(frames, { from, to }, source);
  const all = await look(0, 6);
  for (let i = 0; i < 6; i++) assert.deepEqual(await look(i, i + 1), [all[i]]);
});

test("every run of the network is told of, with the pictures wanted of it and the room in its tensor", async () => {
  await using folder = await temporaryFolder();
  const runs: SessionRun[] = [];
  const source = { width: 416, height: 234 };
  {
    await using detector = await createDetector(await bareTestPackage(folder.path), {
      ...oneThread,
      tensorBatch: 4,
      onRun: (run) => runs.push(run),
    });
    await detector.detect(blobFrames(source, walk(6)), { from: 0, to: 6 }, source);
  }
  assert.equal(
    runs.reduce((sum, { frames }) => sum + frames, 0),
    6,
  );
  for (const { seconds, frames, slots } of runs) {
    assert.ok(seconds > 0 && frames >= 1 && frames <= slots && slots === 4);
  }
});

test("a model of a fixed batch runs at that", async () => {
  await using folder = await temporaryFolder();
  const model = await bareTestPackage(folder.path, { width: 128, height: 96, batch: 3 });
  await using detector = await createDetector(model, { ...oneThread, tensorBatch: 7 });
  const source = { width: 128, height: 96 };
  const blob: Blob = { classId: 1, x: 50, y: 40, width: 12, height: 12 };
  const frames = blobFrames(source, Array(4).fill([blob]));
  const found = await detector.detect(frames, { from: 0, to: 4 }, source);
  assert.deepEqual(found.map(plain), Array(4).fill([inSource(blob, 1)]));
});

test("the manifest's contract counts: rgb finds blue where bgr finds red", async () => {
  await using folder = await temporaryFolder();
  await writeTestPackage(folder.path);
  const model = await loadModelPackage(folder.path);
  const swapped = {
    ...model,
    manifest: { ...model.manifest, input: { ...model.manifest.input, channels: "rgb" as const } },
  };
  await using detector = await createDetector(swapped, oneThread);
  const source = { width: 416, height: 416 };
  const frames = blobFrames(source, [[{ classId: 0, x: 80, y: 80, width: 16, height: 16 }]]);
  const [found] = await detector.detect(frames, { from: 0, to: 1 }, source);
  assert.deepEqual(plain(found!), ["2 80 80 96 96"]);
  assert.deepEqual(detector.labels, ["red", "green", "blue"]);
});

test("minScore replaces the manifest's threshold", async () => {
  await using folder = await temporaryFolder();
  await using detector = await createDetector(await bareTestPackage(folder.path), oneThread);
  const source = { width: 416, height: 416 };
  const frames = blobFrames(source, walk(1));
  const look = async (minScore: number): Promise<number> =>
    (await detector.detect(frames, { from: 0, to: 1 }, source, { minScore }))[0]!.scores.length;
  assert.equal(await look(1), 0);
  assert.equal(await look(0.4), 3);
});

test("frames of another size, short buffers and ranges outside are refused", async () => {
  await using folder = await temporaryFolder();
  await using detector = await createDetector(await bareTestPackage(folder.path), oneThread);
  const source = { width: 832, height: 416 };
  const frames = blobFrames({ width: 416, height: 208 }, [[], []]);
  const range = { from: 0, to: 2 };
  assert.deepEqual((await detector.detect(frames, range, source)).length, 2);
  assert.deepEqual(await detector.detect(frames, { from: 1, to: 1 }, source), []);
  for (const bad of [
    { from: -1, to: 1 },
    { from: 0, to: 3 },
    { from: 2, to: 1 },
  ]) {
    await assert.rejects(detector.detect(frames, bad, source), RangeError);
  }
  await assert.rejects(detector.detect({ ...frames, height: 207 }, range, source), /416x208/);
  await assert.rejects(detector.detect({ ...frames, frames: 3 }, range, source), /too short/);
});

/** Takes YOLOX's shapes, and fails as soon as a pixel is brighter than 200. */
function fussyModel(): Uint8Array {
  const graph = new GraphBuilder({ name: "fussy" });
  const images = graph.input("images", "float32", ["N", 3, 32, 32]);
  const peak = graph.node("ReduceMax", [images], { axes: [1, 2, 3], keepdims: 1 });
  const index = graph.node("Cast", [graph.node("Reshape", [peak, graph.int64([-1])])], { to: 7 });
  const table = graph.float32(new Float32Array(200), [200]);
  const picked = graph.node("Reshape", [
    graph.node("Gather", [table, index]),
    graph.int64([-1, 1, 1]),
  ]);
  const output = graph.node("Expand", [picked, graph.int64([1, 21, 6])], {}, "output");
  graph.output(output, "float32", ["N", 21, 6]);
  return graph.toBytes();
}

test("a model that fails on a frame fails that call alone", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "fussy.onnx");
  await writeFile(file, fussyModel());
  const source = { width: 32, height: 32 };
  await using detector = await createDetector(await loadModelPackage(file), oneThread);
  const bright: Blob = { classId: 0, x: 0, y: 0, width: 8, height: 8 };
  const frames = blobFrames(source, [[], [bright], []]);
  await assert.rejects(detector.detect(frames, { from: 0, to: 3 }, source), {
    code: "inference-failed",
    message: /The model failed on a frame: .*Gather/,
  });
  assert.equal((await detector.detect(frames, { from: 2, to: 3 }, source)).length, 1);
});

test("callers share runs: each gets its own frames, at its own scale and score, and a failure is one's own", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "fussy.onnx");
  await writeFile(file, fussyModel());
  const model = await loadModelPackage(file);
  const source = { width: 32, height: 32 };
  const bright: Blob = { classId: 0, x: 0, y: 0, width: 8, height: 8 };
  await using detector = await createDetector(model, { ...oneThread, tensorBatch: 4 });
  const calls = [[[]], [[bright]], [[], []], [[], [], []]].map((blobs) =>
    detector.detect(blobFrames(source, blobs), { from: 0, to: blobs.length }, source),
  );
  const settled = await Promise.allSettled(calls);
  assert.deepEqual(
    settled.map((result) => (result.status === "fulfilled" ? result.value.length : "failed")),
    [1, "failed", 2, 3],
  );

  await using blobs = await createDetector(await bareTestPackage(folder.path), {
    ...oneThread,
    tensorBatch: 8,
  });
  const frames = blobFrames({ width: 416, height: 234 }, walk(5));
  const look = ([factor, minScore, to]: readonly [number, number, number]): Promise<
    FrameDetections[]
  > =>
    blobs.detect(
      frames,
      { from: 0, to },
      { width: 416 * factor, height: 234 * factor },
      { minScore },
    );
  const asked = [
    [1, 0.4, 1],
    [2, 0.9, 2],
    [4, 1, 3],
    [1, 0.4, 5],
  ] as const;
  const together = await Promise.all(asked.map((call) => look(call)));
  for (const [i, call] of asked.entries()) assert.deepEqual(await look(call), together[i]);
});

/** Takes YOLOX's shapes with bytes for pixels; the first score is the mean of the picture over 255. */
function byteModel(): Uint8Array {
  const graph = new GraphBuilder({ name: "bytes" });
  const images = graph.input("images", "uint8", ["N", 3, 32, 32]);
  const values = graph.node("Cast", [images], { to: 1 });
  const mean = graph.node("ReduceMean", [values], { axes: [1, 2, 3], keepdims: 1 });
  const share = graph.node("Div", [mean, graph.float32(Float32Array.of(255), [])]);
  const score = graph.node("Reshape", [share, graph.int64([-1, 1, 1])]);
  const output = graph.node("Expand", [score, graph.int64([1, 21, 6])], {}, "output");
  graph.output(output, "float32", ["N", 21, 6]);
  return graph.toBytes();
}

test("a model that takes bytes gets bytes", async () => {
  await using folder = await temporaryFolder();
  const bytes = byteModel();
  const base = testManifest(bytes);
  const input = { ...base.input, width: 32, height: 32 };
  await writeFile(join(folder.path, "model.onnx"), bytes);
  const manifest = { ...base, input, labels: ["grey"] };
  await writeFile(join(folder.path, "manifest.json"), JSON.stringify(manifest));
  await using detector = await createDetector(await loadModelPackage(folder.path), oneThread);
  const source = { width: 32, height: 32 };
  const frames = blobFrames(source, [[]]);
  const look = { minScore: 0 };
  const [found] = await detector.detect(frames, { from: 0, to: 1 }, source, look);
  // objectness times class score, both 30 of 255
  assert.ok(Math.abs(found!.scores[0]! - (30 / 255) ** 2) < 1e-6);

  const scaled = { ...manifest, input: { ...input, scale: 0.5 } };
  await writeFile(join(folder.path, "manifest.json"), JSON.stringify(scaled));
  await assert.rejects(loadModelPackage(folder.path), { code: "manifest-invalid" });
});

test("an aborted call rejects with its reason, and the detector goes on", async () => {
  await using folder = await temporaryFolder();
  await using detector = await createDetector(await bareTestPackage(folder.path), oneThread);
  const source = { width: 416, height: 416 };
  const frames = blobFrames(source, walk(40));
  const abort = new AbortController();
  const range = { from: 0, to: 40 };
  const run = detector.detect(frames, range, source, { signal: abort.signal });
  const reason = new Error("cancelled");
  abort.abort(reason);
  await assert.rejects(run, reason);
  assert.equal((await detector.detect(frames, { from: 0, to: 1 }, source)).length, 1);
});

test("a model whose file has gone cannot be opened", async () => {
  await using folder = await temporaryFolder();
  const model = await bareTestPackage(folder.path);
  const gone = { ...model, file: join(folder.path, "gone.onnx") };
  await assert.rejects(createDetector(gone, oneThread), { code: "model-invalid" });
});

test("a process that disposes of its detector ends by itself", async () => {
  await using folder = await temporaryFolder();
  const model = await bareTestPackage(folder.path);
  const index = new URL("./index.ts", import.meta.url).href;
  const script = `
    import { createDetector, loadModelPackage } from ${JSON.stringify(index)};
    const model = await loadModelPackage(${JSON.stringify(model.file)});
    await using detector = await createDetector(model, { workers: 2, threadsPerWorker: 2 });
    const size = { width: 416, height: 416 };
    const data = new SharedArrayBuffer(3 * 416 * 416);
    const frames = { data, byteOffset: 0, ...size, layout: "gbrp", frames: 1 };
    console.log((await detector.detect(frames, { from: 0, to: 1 }, size)).length);`;
  const file = join(folder.path, "script.mjs");
  await writeFile(file, script);
  const child = spawn(process.execPath, [file], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  assert.deepEqual([code, signal, output], [0, null, "1\n"]);
});

test("chunks are whole runs, a share for each thread, at most four frames", () => {
  const rows: [number, number, number, number, number[]][] = [
    [0, 16, 1, 2, [0, 4, 8, 12]],
    [0, 6, 1, 2, [0, 3]],
    [0, 3, 1, 4, [0, 1, 2]],
    [5, 10, 2, 1, [5, 9]],
    [0, 16, 8, 2, [0, 8]],
    [3, 3, 1, 2, []],
  ];
  for (const [from, to, tensorBatch, workers, starts] of rows) {
    const spans = chunkSpans({ from, to }, tensorBatch, workers);
    assert.deepEqual(
      spans,
      starts.map((start, i) => ({ from: start, to: starts[i + 1] ?? to })),
    );
  }
});
