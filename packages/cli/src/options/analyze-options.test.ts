import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { parseAnalyzeOptions } from "./analyze-options.ts";

test("a run is cut as the options say, and pixels stay in memory unless they say otherwise", () => {
  const plain = parseAnalyzeOptions(["a.mp4"])!;
  assert.equal(plain.frameStore, "memory");
  const cut = parseAnalyzeOptions([
    ...["a.mp4", "--infer-workers", "4", "--batch", "32", "--segment-seconds", "0"],
    ...["--frame-store", "redis"],
  ])!;
  assert.deepEqual([cut.inferWorkers, cut.frameStore], [4, "redis"]);
  assert.deepEqual([cut.execution.batchFrames, cut.execution.segmentSeconds], [32, 0]);
});

test("a frame store that there is not is refused by name", () => {
  assert.throws(
    () => parseAnalyzeOptions(["a.mp4", "--frame-store", "tape"]),
    (error) => error instanceof ProblemError && error.at === "--frame-store",
  );
});

test("every n-th frame", () => {
  assert.equal(parseAnalyzeOptions(["a.mp4", "--every-nth", "5"])!.options.everyNth, 5);
  assert.equal(parseAnalyzeOptions(["a.mp4"])!.options.everyNth, undefined);
  for (const bad of ["0", "61", "2.5", "many"]) {
    assert.throws(
      () => parseAnalyzeOptions(["a.mp4", "--every-nth", bad]),
      (error) => error instanceof ProblemError && error.at === "--every-nth",
    );
  }
});

test("a video stream by its place", () => {
  assert.equal(parseAnalyzeOptions(["a.mp4", "--stream", "0"])!.options.stream, 0);
  assert.equal(parseAnalyzeOptions(["a.mp4"])!.options.stream, undefined);
  for (const bad of ["-1", "1.5", "v:0"]) {
    assert.throws(
      () => parseAnalyzeOptions(["a.mp4", `--stream=${bad}`]),
      (error) => error instanceof ProblemError && error.at === "--stream",
    );
  }
});

test("the camera is followed by the tracker that can", () => {
  const { tracker } = parseAnalyzeOptions([
    "a.mp4",
    "--tracker",
    "botsort",
    "--camera-motion",
  ])!.options;
  assert.equal(tracker.algorithm === "botsort" && tracker.cameraMotion, true);
  for (const args of [["--camera-motion"], ["--camera-motion", "--tracker", "sort"]]) {
    assert.throws(
      () => parseAnalyzeOptions(["a.mp4", ...args]),
      (error) => error instanceof ProblemError && error.at === "--camera-motion",
    );
  }
});

test("what is wrong is said in the words of the command line", () => {
  for (const [option, value] of [
    ["--min-score", "2"],
    ["--labels", ""],
    ["--views", "99"],
    ["--tracker", "nonsense"],
    ["--batch", "0"],
    ["--segment-seconds", "5000"],
  ] as const) {
    assert.throws(
      () => parseAnalyzeOptions(["a.mp4", option, value]),
      (error) =>
        error instanceof ProblemError && error.at === option && error.message.startsWith(option),
      option,
    );
  }
});
