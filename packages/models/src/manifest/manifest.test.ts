import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { ProblemError } from "@framequeue/contracts";
import { CATALOGUE } from "../package/catalogue.ts";
import { manifestSchema, parseManifest } from "./manifest.ts";
import { testManifest } from "../testing/test-manifest.ts";

const valid = testManifest(new Uint8Array());

function faults(value: unknown): { at: string; detail: string }[] {
  try {
    parseManifest(value, "manifest.json");
  } catch (error) {
    assert.ok(error instanceof ProblemError);
    assert.equal(error.code, "manifest-invalid");
    return [...(error.errors ?? [])];
  }
  return [];
}

test("a valid manifest comes back as it was", () => {
  assert.deepEqual(parseManifest(valid, "manifest.json"), valid);
});

test("the catalogue's manifests are valid and agree with their entries", () => {
  for (const { name, sha256, license, manifest } of CATALOGUE) {
    assert.deepEqual(faults(manifest), []);
    assert.deepEqual(
      [manifest.name, manifest.sha256, manifest.license, manifest.file],
      [name, sha256, license, "model.onnx"],
    );
  }
});

test("every fault is named by its field", () => {
  const bad = {
    ...valid,
    name: "No Spaces",
    sha256: "abc",
    input: { ...valid.input, width: 0, channels: "grey", std: [1, 0, 1], batch: "many" },
    thresholds: { score: 1.5, iou: 2 },
    labels: [],
  };
  assert.deepEqual(
    faults(bad).map(({ at }) => at),
    [
      "name",
      "sha256",
      "input.width",
      "input.channels",
      "input.std",
      "input.batch",
      "labels",
      "thresholds.score",
      "thresholds.iou",
    ],
  );
});

test("an unknown key is a fault, and so is anything but an object", () => {
  assert.match(faults({ ...valid, colour: "red" })[0]!.detail, /colour/);
  assert.equal(faults("text")[0]!.at, "manifest.json");
});

test("where the picture lies and what is around it is asked for where something is around it", () => {
  const { placement: _placement, fill: _fill, ...input } = valid.input;
  assert.deepEqual(faults({ ...valid, input: { ...input, fit: "stretch" } }), []);
  const crop = { ...input, fit: "center-crop", shortSide: 420 };
  assert.deepEqual(faults({ ...valid, input: crop }), []);
  assert.deepEqual(faults({ ...valid, input }), [
    { at: "input.placement", detail: "letterbox needs it" },
    { at: "input.fill", detail: "letterbox needs it" },
  ]);
});

test("the strides must divide the sides", () => {
  const input = { ...valid.input, height: 400 };
  assert.deepEqual(faults({ ...valid, input }), [
    { at: "input.height", detail: "400 is not a multiple of the stride 32" },
  ]);
});

test("the file must lie in the manifest's folder", () => {
  for (const file of ["../model.onnx", "/etc/model.onnx", "a\\b.onnx", "model.bin"]) {
    assert.equal(faults({ ...valid, file })[0]?.at, "file", file);
  }
});

test("overlapping boxes need a threshold; boxes in source pixels a size and a stretched picture", () => {
  assert.deepEqual(faults({ ...valid, thresholds: { score: 0.4 } }), [
    { at: "thresholds.iou", detail: "the boxes of yolox overlap, so this is needed" },
  ]);
  const output = {
    decoder: "selected",
    names: ["boxes", "scores", "labels"],
    boxes: { format: "xyxy", space: "source" },
  };
  assert.deepEqual(
    faults({ ...valid, output }).map(({ at }) => at),
    ["input.sizes", "input.fit"],
  );
  const table = { decoder: "table", names: ["rows"], columns: ["x1", "y1", "x2"], space: "input" };
  assert.deepEqual(
    faults({ ...valid, output: table }).map(({ at }) => at),
    ["output.columns"],
  );
});

test("no text and no list of a manifest is without a bound", () => {
  const unbounded: string[] = [];
  type Part = Readonly<Record<string, unknown>>;
  const walk = (part: unknown, path: string): void => {
    if (typeof part !== "object" || part === null) return;
    const { type, maxLength, maxItems, pattern, ...rest } = part as Part;
    // A pattern without a repetition that has no end is a bound, too.
    const isFixed = typeof pattern === "string" && !/[*+]|,\}/.test(pattern);
    if (type === "string" && !("const" in rest || "enum" in rest)) {
      if (maxLength === undefined && !isFixed) unbounded.push(path);
    }
    if (type === "array" && maxItems === undefined && !("prefixItems" in rest)) {
      unbounded.push(path);
    }
    for (const [name, below] of Object.entries(rest)) walk(below, `${path}/${name}`);
  };
  walk(z.toJSONSchema(manifestSchema, { io: "input" }), "");
  assert.deepEqual(unbounded, []);
});
