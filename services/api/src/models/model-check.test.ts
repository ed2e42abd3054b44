import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { endlessClassifier, testDetector } from "@framequeue/graphs";
import { openTempFolder } from "@framequeue/lifetime";
import { createModelCheck } from "./model-check.ts";

test("models that do not come to an end keep the others for no longer than they may", async () => {
  await using folder = await openTempFolder("check");
  const endless = join(folder.path, "endless.onnx");
  const good = join(folder.path, "good.onnx");
  await writeFile(endless, endlessClassifier());
  await writeFile(good, testDetector({ width: 64, height: 64, batch: 1 }));
  const check = createModelCheck({ memoryBytes: 1e9, deadlineMs: 3_000 });
  const client = new AbortController();
  const bad = (): Promise<unknown> =>
    check(endless, { task: "classification" }, new AbortController().signal);
  const fine = (signal = new AbortController().signal): Promise<unknown> => check(good, {}, signal);
  /** Until it has been tried: a machine with much other work may take longer over it than it may. */
  const tried = async (): Promise<void> => {
    const isTried = fine().then(
      () => true,
      (error: { code: string }) => {
        if (["model-check-busy", "model-too-slow"].includes(error.code)) return false;
        throw error;
      },
    );
    if (!(await isTried)) await tried();
  };
  /** Where the machine hardly let it run, that is said instead. */
  const tooSlow = ({ code }: { code: string }): boolean =>
    ["model-too-slow", "model-check-busy"].includes(code);

  // Behind one of them it is its turn when that is over; behind two it is told to come again; who has gone is not
  // waited for.
  const [first, second, left, told] = [bad(), bad(), fine(client.signal), fine()];
  const reason = new Error("nobody waits");
  client.abort(reason);
  await Promise.all([
    assert.rejects(left, reason),
    assert.rejects(first, tooSlow),
    assert.rejects(second, tooSlow),
    assert.rejects(told, { code: "model-check-busy" }),
  ]);
  await tried();

  // The queue has an end.
  const crowd = new AbortController();
  const all = Promise.allSettled(Array.from({ length: 12 }, () => fine(crowd.signal)));
  crowd.abort(reason);
  const codes = (await all).map((each) => each.status === "rejected" && each.reason.code);
  assert.deepEqual(codes.slice(9), Array(3).fill("model-check-busy"));
  assert.deepEqual(codes.slice(0, 9), Array(9).fill(undefined));
});
