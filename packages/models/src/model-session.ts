import { letterbox } from "@framequeue/vision";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { ChunkResult } from "./chunk-result.ts";
import type { Decoder, PlacedPicture } from "./decoder.ts";
import { createDecoder } from "./decoder.ts";
import { InputTensor } from "./input-tensor.ts";
import type { Chunk, Picture, SessionSpec } from "./session-protocol.ts";

/**
 * One onnxruntime session with its input tensor and decoder. Not for the main thread: `run` blocks the thread that
 * calls it. One call at a time: the input is reused, and onnxruntime reads it until the promise resolves.
 */
export class ModelSession {
  readonly #session: InferenceSession;
  readonly #spec: SessionSpec;
  readonly #input: InputTensor;
  readonly #tensor: Tensor;
  readonly #decoder: Decoder;

  private constructor(session: InferenceSession, spec: SessionSpec) {
    const { manifest, tensorBatch } = spec;
    this.#session = session;
    this.#spec = spec;
    this.#input = new InputTensor(manifest.input, tensorBatch);
    this.#tensor = new Tensor("float32", this.#input.data, this.#input.dims);
    this.#decoder = createDecoder(manifest, tensorBatch);
  }

  /** Opens the session and runs it once on an empty picture, so that a model that cannot run is found out here. */
  static async open(spec: SessionSpec): Promise<ModelSession> {
    const session = await InferenceSession.create(spec.file, {
      executionProviders: ["cpu"],
      intraOpNumThreads: spec.threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
      // Threads that wait actively take the cores from decoding and from other sessions: with two threads on two busy
      // cores a frame cost 34 ms of processor time with spinning, 17 ms without. One thread never spins.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    });
    const opened = new ModelSession(session, spec);
    opened.#decoder.add(await opened.#run(), []);
    return opened;
  }

  async look({ pictures }: Chunk): Promise<ChunkResult> {
    const { tensorBatch } = this.#spec;
    try {
      for (let first = 0; first < pictures.length; first += tensorBatch) {
        const placed = pictures
          .slice(first, first + tensorBatch)
          .map((picture, slot) => this.#place(slot, picture));
        for (let slot = placed.length; slot < tensorBatch; slot++) this.#input.clear(slot);
        this.#decoder.add(await this.#run(), placed);
      }
    } catch (error) {
      // what the runs before gave must not show up in the next chunk
      this.#decoder.take();
      throw error;
    }
    return this.#decoder.take();
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  #place(slot: number, picture: Picture): PlacedPicture {
    const { input } = this.#spec.manifest;
    const { data, byteOffset, width, height, source, minScore } = picture;
    const plan = letterbox(source, input, input.placement, input.fit);
    const planes = new Uint8Array(data, byteOffset, 3 * width * height);
    this.#input.place(slot, planes, { ...plan.content, padX: plan.padX, padY: plan.padY });
    return { plan, minScore };
  }

  /** The outputs in the manifest's order. */
  async #run(): Promise<Tensor[]> {
    const { input, output } = this.#spec.manifest;
    const results = await this.#session.run({ [input.name]: this.#tensor }, output.names);
    return output.names.map((name) => results[name]!);
  }
}
