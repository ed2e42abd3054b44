import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestDetectorOptions } from "@framequeue/graphs";
import { testDetector } from "@framequeue/graphs";
import type { ModelPackage } from "../package/package.ts";
import { loadModelPackage } from "../package/package.ts";
import { testManifest } from "./test-manifest.ts";

/** Writes the test detector with its manifest into a folder. */
export async function writeTestPackage(folder: string, bytes = testDetector()): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "model.onnx"), bytes);
  await writeFile(join(folder, "manifest.json"), JSON.stringify(testManifest(bytes)));
}

/** The test detector as a bare file, whose contract is recognized. */
export async function bareTestPackage(
  folder: string,
  options: TestDetectorOptions = {},
): Promise<ModelPackage> {
  const file = join(folder, "blobs.onnx");
  await writeFile(file, testDetector(options));
  return loadModelPackage(file);
}
