import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "@framequeue/service";
import { readInferConfig } from "./config.ts";

test("the providers come in order of preference, and CUDA is tried where nothing is said", () => {
  assert.deepEqual(readInferConfig({}).engine, { providers: ["cuda", "cpu"], gpus: [0] });
  assert.equal(readInferConfig({}).providersAsked, false);
  const env = { FQ_PROVIDERS: "tensorrt, cpu", FQ_GPUS: "1,3", FQ_NUMERIC_CLASS: "ours-1.0" };
  assert.deepEqual(readInferConfig(env).engine, {
    providers: ["tensorrt", "cpu"],
    gpus: [1, 3],
    numericClass: "ours-1.0",
  });
  assert.equal(readInferConfig(env).providersAsked, true);
});

test("what is no provider or no GPU is told together", () => {
  const env = { FQ_PROVIDERS: "gpu", FQ_GPUS: "-1" };
  assert.throws(
    () => readInferConfig(env),
    (error) =>
      error instanceof ConfigError &&
      error.faults.some((fault) => /FQ_PROVIDERS.*cpu, cuda.*"gpu"/.test(fault)) &&
      error.faults.some((fault) => /FQ_GPUS.*"-1"/.test(fault)),
  );
});
