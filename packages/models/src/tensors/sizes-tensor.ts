import type { Size } from "@framequeue/vision";
import { Tensor } from "onnxruntime-node";
import type { ModelManifest } from "../manifest/manifest.ts";
import { boxSpace } from "../manifest/manifest-facts.ts";

/** The second input of models that scale their boxes themselves: int64 `[slots, 2]`, reused for every run. */
export class SizesTensor {
  readonly feed: Readonly<Record<string, Tensor>>;
  readonly #data: BigInt64Array;
  readonly #widthFirst: boolean;
  /** What the model is told whatever the source is: boxes in pixels of its input are wanted then. */
  readonly #always: Size | undefined;

  constructor(manifest: ModelManifest, slots: number) {
    const { input } = manifest;
    const { name, order } = input.sizes!;
    this.#data = new BigInt64Array(2 * slots);
    this.#widthFirst = order === "width-height";
    const inSource = "decoder" in manifest.output && boxSpace(manifest.output) === "source";
    this.#always = inSource ? undefined : input;
    this.feed = { [name]: new Tensor("int64", this.#data, [slots, 2]) };
    for (let slot = 0; slot < slots; slot++) this.set(slot, input);
  }

  set(slot: number, source: Size): void {
    const { width, height } = this.#always ?? source;
    this.#data[2 * slot] = BigInt(this.#widthFirst ? width : height);
    this.#data[2 * slot + 1] = BigInt(this.#widthFirst ? height : width);
  }
}
