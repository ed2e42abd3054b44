import type { ModelTask, SeenField, SeenOf, Size } from "@framequeue/contracts";
import type { Decoder } from "../decoders/decoder.ts";
import type { SeenValues } from "../session/chunk-result.ts";
import type { ModelManifest } from "../manifest/manifest.ts";
import type { OutputTensor } from "../tensors/output-tensor.ts";
import type { Extent, WantedTensor } from "../tensors/wanted-tensors.ts";

export type ManifestOf<T extends ModelTask> = Extract<ModelManifest, { task: T }>;

/** How models of a task are run, whatever they are wanted for. */
export interface TaskRun<M extends ModelManifest> {
  /**
   * The outputs that a model described so gives, in the manifest's order.
   *
   * @param slots pictures per run
   */
  readonly outputs: (manifest: M, slots: Extent) => WantedTensor[];
  readonly decoder: (manifest: M) => Decoder;
  /** Of tasks that find objects: what of each detection becomes which field of a row, in pixels of the source. */
  readonly fields?: {
    readonly [K in SeenField]?: (values: SeenValues, source: Size) => SeenOf<K>;
  };
  /**
   * Holds what a model gives for a picture, whatever that shows, against what its manifest says.
   *
   * @param outputs in the manifest's order; their first picture is looked at
   * @throws Implausible
   */
  readonly check?: (manifest: M, outputs: readonly OutputTensor[]) => void;
}
