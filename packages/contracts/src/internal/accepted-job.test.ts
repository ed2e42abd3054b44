import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptedJobSchema, acceptJob } from "./accepted-job.ts";
import { uploadOptionsSchema } from "../api/options/job-options.ts";

const source = { kind: "file", path: "/v.mp4", name: "v.mp4" } as const;
const models = [{ role: "detector", name: "nano", version: "1", sha256: "0".repeat(64) }] as const;

test("a job that says nothing is kept with what an empty request means", () => {
  const job = acceptJob({ source, models, render: true });
  const { options, execution } = uploadOptionsSchema.parse({});
  assert.deepEqual({ options, execution }, { options: job.options, execution: job.execution });
  assert.deepEqual(acceptedJobSchema.parse(job), job);
  assert.notEqual(acceptJob({ source, models, render: true }).id, job.id);
});

test("what a request says is kept, but for the names of models, in whose place their versions are", () => {
  const request = uploadOptionsSchema.parse({
    ...{ model: "nano", embedder: "looks", priority: 7, render: false, analytics: {} },
    options: { everyNth: 2, tracker: { algorithm: "sort" } },
    execution: { window: 3 },
  });
  const job = acceptJob({ ...request, source, models });
  assert.deepEqual(acceptedJobSchema.parse(JSON.parse(JSON.stringify(job))), job);
  const { model: _model, embedder: _embedder, ...said } = request;
  assert.deepEqual({ ...job, ...said }, job);
  assert.ok(!("model" in job));
});
