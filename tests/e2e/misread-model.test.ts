import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { executionOptionsSchema, type ModelRef } from "@framequeue/contracts";
import { GraphBuilder } from "@framequeue/graphs";
import { loadModelPackage } from "@framequeue/models";
import { storeModel } from "@framequeue/pipeline";
import { openSmallSite, type SmallSite } from "./small-site.ts";

const run = promisify(execFile);
const SIDE = 64;

/** Finished detections: none in a picture that is not dark, and in one that is, one whose score is no share. */
function misread(): Uint8Array {
  const graph = new GraphBuilder({ name: "misread" });
  const images = graph.input("images", "float32", ["N", 3, SIDE, SIDE]);
  const mean = graph.node("ReduceMean", [images], { axes: [1, 2, 3], keepdims: 0 });
  const isDark = graph.node("Clip", [
    graph.node("Sub", [graph.float32([40]), mean]),
    graph.float32([0]),
    graph.float32([1]),
  ]);
  const column = graph.node("Reshape", [isDark, graph.int64([-1, 1, 1])]);
  const row = graph.float32([10, 10, 30, 40, 1.5, 0], [1, 1, 6]);
  graph.output(graph.node("Mul", [column, row], {}, "rows"), "float32", ["N", 1, 6]);
  return graph.toBytes();
}

async function store(site: SmallSite): Promise<ModelRef> {
  const bytes = misread();
  const manifest = {
    ...{
      schemaVersion: 1,
      name: "misread",
      version: "1",
      description: "",
      license: "",
      source: "",
    },
    ...{ task: "detection", file: "misread.onnx", labels: ["thing"], thresholds: { score: 0.3 } },
    sha256: createHash("sha256").update(bytes).digest("hex"),
    input: {
      ...{ name: "images", layout: "nchw", width: SIDE, height: SIDE, channels: "rgb" },
      ...{ scale: 1, mean: [0, 0, 0], std: [1, 1, 1], fit: "stretch", batch: "dynamic" },
    },
    output: {
      ...{ decoder: "table", names: ["rows"], space: "input" },
      columns: ["x1", "y1", "x2", "y2", "score", "class"],
    },
  };
  await writeFile(join(site.folder, "misread.onnx"), bytes);
  await writeFile(join(site.folder, "misread.manifest.json"), JSON.stringify(manifest));
  return storeModel(
    site.pipeline.objects,
    await loadModelPackage(join(site.folder, "misread.onnx")),
  );
}

test("a job whose model gives what its manifest cannot mean fails for that, however its frames are dealt", async () => {
  const problems: unknown[] = [];
  for (const inferWorkers of [1, 2]) {
    await using site = await openSmallSite({ inferWorkers });
    const model = await store(site);
    const video = join(site.folder, "dark.mp4");
    // light at first: what is wrong shows in the second half alone
    const source = "color=white:s=160x96:r=10:d=2[a];color=black:s=160x96:r=10:d=2[b];[a][b]concat";
    await run("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", source, video]);
    for (const batchFrames of [1, 16]) {
      const execution = executionOptionsSchema.parse({ batchFrames });
      const job = await site.submit(video, { models: [model], execution, render: false });
      const { state, problem } = await site.ended(job);
      assert.equal(state, "failed");
      problems.push(problem);
    }
  }
  const [first, ...others] = problems as { code: string; detail: string }[];
  assert.equal(first!.code, "model-invalid");
  assert.match(first!.detail, /it found something of score 1\.5, and a score is 0 to 1/);
  for (const other of others) assert.deepEqual(other, first);
});
