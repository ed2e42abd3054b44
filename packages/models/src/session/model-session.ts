import type { Region, Size } from "@framequeue/vision";
import { Resampler } from "@framequeue/vision";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { ChunkResult } from "./chunk-result.ts";
import type { Decoder, PlacedPicture } from "../decoders/decoder.ts";
import { placementOf } from "../tensors/frame-size.ts";
import { InputTensor } from "../tensors/input-tensor.ts";
import { checkOutput, freeOutput } from "../tensors/output-tensor.ts";
import { leastScore } from "../manifest/least-score.ts";
import { executionProviders } from "../providers/provider.ts";
import type { Chunk, Picture, SessionRun, SessionSpec } from "./session-protocol.ts";
import { SizesTensor } from "../tensors/sizes-tensor.ts";
import { testPicture } from "../checking/test-picture.ts";
import type { WantedTensor } from "../tensors/wanted-tensors.ts";
import { taskRun } from "../tasks/tasks.ts";

/** How a chunk's caller hears of it. */
export interface Answers<C extends Chunk> {
  readonly done: (chunk: C, result: ChunkResult) => void;
  readonly failed: (chunk: C, error: unknown) => void;
  /** Hears of every run of the network that went well, once the chunks that were through with it have their answers. */
  readonly ran?: (run: SessionRun) => unknown;
}

/**
 * One onnxruntime session with its input tensor and decoder. Not for the main thread: `run` blocks the thread that
 * calls it. One call at a time: the input is reused, and onnxruntime reads it until the promise resolves.
 */
export class ModelSession {
  readonly #session: InferenceSession;
  readonly #spec: SessionSpec;
  readonly #input: InputTensor;
  readonly #tensor: Tensor;
  readonly #sizes: SizesTensor | undefined;
  readonly #outputs: readonly WantedTensor[];
  readonly #decoder: Decoder;
  readonly #resampler = new Resampler();
  #scaled = new Uint8Array();
  #own = new Uint8Array(0);

  readonly #onBegin: () => void;

  private constructor(session: InferenceSession, spec: SessionSpec, onBegin: () => void) {
    const { manifest, tensorBatch } = spec;
    this.#onBegin = onBegin;
    this.#session = session;
    this.#spec = spec;
    const type = inputType(session, manifest.input.name);
    this.#input = new InputTensor(manifest.input, tensorBatch, type);
    this.#tensor = new Tensor(type, this.#input.data, this.#input.dims);
    this.#sizes = manifest.input.sizes && new SizesTensor(manifest, tensorBatch);
    this.#outputs = taskRun(manifest).outputs(manifest, tensorBatch);
    this.#decoder = taskRun(manifest).decoder(manifest);
  }

  /**
   * Opens the session and runs it once on the test picture, so that a model that cannot run, or gives what its manifest
   * cannot mean, is found out here: before any job's frame, and for all of them alike.
   *
   * @param onBegin a run of the network begins
   */
  static async open(spec: SessionSpec, onBegin: () => void = () => {}): Promise<ModelSession> {
    const session = await InferenceSession.create(spec.file, {
      executionProviders: executionProviders(spec.on),
      intraOpNumThreads: spec.threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
      // Threads that wait actively take the cores from decoding and from other sessions: with two threads on two busy
      // cores a frame cost 34 ms of processor time with spinning, 17 ms without. One thread never spins.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    });
    const opened = new ModelSession(session, spec, onBegin);
    await opened.#try();
    return opened;
  }

  async #try(): Promise<void> {
    const { manifest, tensorBatch } = this.#spec;
    const { width, height } = manifest.input;
    const content = { width, height, padX: 0, padY: 0 };
    const picture = testPicture(content);
    for (let slot = 0; slot < tensorBatch; slot++) this.#input.place(slot, picture, content);
    const outputs = await this.#run();
    taskRun(manifest).check?.(manifest, outputs);
    const plan = placementOf(content, { ...manifest.input, fit: "stretch" });
    this.#decoder.add(outputs, [{ plan, minScore: leastScore(manifest) }]);
    this.#decoder.take();
    for (let slot = 0; slot < tensorBatch; slot++) this.#input.clear(slot);
  }

  /**
   * Looks at chunks that share runs, and answers each as soon as it is through. Where the model fails on a run, every
   * chunk that has no answer yet runs alone, so that only the one at fault fails.
   */
  async look<C extends Chunk>(chunks: readonly C[], answers: Answers<C>): Promise<void> {
    const { done, failed, ran } = answers;
    const open = new Set(chunks);
    const answer = (chunk: C, result: ChunkResult): void => {
      open.delete(chunk);
      done(chunk, result);
    };
    try {
      await this.#through(chunks, answer, ran);
      return;
    } catch (error) {
      if (chunks.length === 1) {
        failed(chunks[0]!, error);
        return;
      }
    }
    for (const chunk of open) {
      try {
        await this.#through([chunk], done, ran);
      } catch (error) {
        failed(chunk, error);
      }
    }
  }

  async #through<C extends Chunk>(
    chunks: readonly C[],
    done: (chunk: C, result: ChunkResult) => void,
    ran: Answers<C>["ran"],
  ): Promise<void> {
    const { tensorBatch } = this.#spec;
    const all = chunks.flatMap((chunk) => chunk.pictures.map((picture) => ({ chunk, picture })));
    try {
      for (let first = 0; first < all.length; first += tensorBatch) {
        const run = all.slice(first, first + tensorBatch);
        const placed = run.map(({ picture }, slot) => this.#place(slot, picture));
        for (let slot = run.length; slot < tensorBatch; slot++) this.#input.clear(slot);
        const started = performance.now();
        const outputs = await this.#run();
        const seconds = (performance.now() - started) / 1000;
        for (const chunk of new Set(run.map((entry) => entry.chunk))) {
          const own = placed.map((picture, slot) =>
            run[slot]!.chunk === chunk ? picture : undefined,
          );
          this.#decoder.add(outputs, own);
          const isLast = all[first + run.length]?.chunk !== chunk;
          if (isLast) done(chunk, this.#decoder.take());
        }
        for (const output of outputs) freeOutput(output);
        ran?.({ seconds, frames: run.length, slots: tensorBatch });
      }
    } catch (error) {
      // what the runs before gave must not show up in the next chunk
      this.#decoder.take();
      throw error;
    }
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  #place(slot: number, picture: Picture): PlacedPicture {
    const { input } = this.#spec.manifest;
    const { data, byteOffset, width, height, region, source, minScore } = picture;
    const plan = placementOf(source, input);
    const part = region ?? { x: 0, y: 0, width, height };
    const own = this.#unshared(new Uint8Array(data, byteOffset, 3 * width * height), picture, part);
    const planes = this.#fitted(own, part, plan.content);
    this.#sizes?.set(slot, source);
    this.#input.place(slot, planes, { ...plan.content, padX: plan.padX, padY: plan.padY });
    return { plan, minScore };
  }

  /** A picture in the size in which the input takes it, until the next call. */
  #fitted(planes: Uint8Array, size: Size, content: Size): Uint8Array {
    if (size.width === content.width && size.height === content.height) return planes;
    const length = 3 * content.width * content.height;
    if (this.#scaled.length < length) this.#scaled = new Uint8Array(length);
    const whole = { x: 0, y: 0, width: size.width, height: size.height };
    this.#resampler.resample(planes, size, whole, content, this.#scaled);
    return this.#scaled.subarray(0, length);
  }

  /**
   * The bytes of a part in memory of this thread's own, until the next call. Converting them to floats from shared memory
   * costs three times as much as this copy and the conversion after it: 0.65 against 0.22 ms for a frame of 640 × 360.
   */
  #unshared(shared: Uint8Array, { width, height }: Size, part: Region): Uint8Array {
    const length = 3 * part.width * part.height;
    if (this.#own.length < length) this.#own = new Uint8Array(length);
    if (part.width === width && part.height === height) this.#own.set(shared);
    else {
      let to = 0;
      for (let plane = 0; plane < 3; plane++) {
        for (let row = part.y; row < part.y + part.height; row++, to += part.width) {
          const from = (plane * height + row) * width + part.x;
          this.#own.set(shared.subarray(from, from + part.width), to);
        }
      }
    }
    return this.#own.subarray(0, length);
  }

  /** The outputs in the manifest's order, each of the shape that it means. */
  async #run(): Promise<Tensor[]> {
    const { name } = this.#spec.manifest.input;
    this.#onBegin();
    const results = await this.#session.run(
      { [name]: this.#tensor, ...this.#sizes?.feed },
      this.#outputs.map((wanted) => wanted.name),
    );
    return this.#outputs.map((wanted) => {
      const tensor = results[wanted.name]!;
      checkOutput(tensor, wanted);
      return tensor;
    });
  }
}

/** What the graph takes pictures as. */
function inputType(session: InferenceSession, name: string): "float32" | "uint8" {
  const input = session.inputMetadata.find((value) => value.name === name);
  return input?.isTensor === true && input.type === "uint8" ? "uint8" : "float32";
}
