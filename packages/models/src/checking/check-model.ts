import { parseManifest } from "../manifest/manifest.ts";
import { ModelRunner } from "../session/model-runner.ts";
import { loadModelPackage, type ModelPackage, recognizeFile } from "../package/package.ts";
import type { Hints } from "../recognize/hints.ts";

export interface CheckOptions extends Hints {
  /** What it is called; by default as its manifest or its file says. */
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** A manifest that describes it, instead of one beside it or what its graph looks like. */
  readonly manifest?: string | undefined;
  readonly license?: string | undefined;
  readonly source?: string | undefined;
}

/**
 * Checks an ONNX file against its manifest, or takes it for what its graph looks like, and runs it once: some shapes
 * are known only then.
 *
 * @returns the package with its manifest as it would be kept; its file is where it was
 * @throws ProblemError `manifest-invalid` or `model-invalid` with what does not fit, `model-not-found`
 */
export async function checkModel(
  file: string,
  { name, version, manifest, license, source, ...hints }: CheckOptions = {},
): Promise<ModelPackage> {
  const isHinted = Object.values(hints).some((hint) => hint !== undefined);
  const given =
    manifest !== undefined || !isHinted
      ? await loadModelPackage(file, manifest === undefined ? {} : { manifest })
      : await recognizeFile(file, hints);
  const said = Object.entries({ name, version, license, source }).filter(([, text]) => text);
  const described = parseManifest(
    { ...given.manifest, file: "model.onnx", ...Object.fromEntries(said) },
    file,
  );
  const ref = { ...given.ref, name: described.name, version: described.version };
  const model = { ...given, manifest: described, ref };
  const runner = await ModelRunner.open(model, { workers: 1, threadsPerWorker: 1 });
  await runner[Symbol.asyncDispose]();
  return model;
}
