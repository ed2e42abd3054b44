import { letterbox } from "@framequeue/vision";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { InputTensor } from "./input-tensor.ts";
import type { Chunk, ChunkResult, SessionSpec } from "./session-protocol.ts";
import type { FrameDetections } from "./yolox.ts";
import { YoloxDecoder } from "./yolox.ts";

/**
 * One onnxruntime session with its input tensor and decoder. Not for the main thread: `run` blocks the thread that
 * calls it. One call at a time: the input is reused, and onnxruntime reads it until the promise resolves.
 */
export class DetectorSession {
  readonly #session: InferenceSession;
  readonly #spec: SessionSpec;
  readonly #input: InputTensor;
  readonly #tensor: Tensor;
  readonly #decoder: YoloxDecoder;

  private constructor(session: InferenceSession, spec: SessionSpec) {
    const { input, output, labels } = spec.manifest;
    this.#session = session;
    this.#spec = spec;
    this.#input = new InputTensor(input, spec.tensorBatch);
    this.#tensor = new Tensor("float32", this.#input.data, this.#input.dims);
    this.#decoder = new YoloxDecoder(input, output.strides, labels.length);
  }

  /** Opens the session and runs it once on an empty picture, so that a model that cannot run is found out here. */
  static async open(spec: SessionSpec): Promise<DetectorSession> {
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
    const opened = new DetectorSession(session, spec);
    await opened.#run();
    return opened;
  }

  async detect(chunk: Chunk): Promise<ChunkResult> {
    const { manifest, tensorBatch } = this.#spec;
    const { input, thresholds } = manifest;
    const plan = letterbox(chunk.source, input, input.placement, input.fit);
    const content = { ...plan.content, padX: plan.padX, padY: plan.padY };
    const frameLength = 3 * chunk.width * chunk.height;
    const options = { minScore: chunk.minScore, iou: thresholds.iou };
    const frames: FrameDetections[] = [];
    for (let first = chunk.from; first < chunk.to; first += tensorBatch) {
      const last = Math.min(first + tensorBatch, chunk.to);
      for (let frame = first; frame < last; frame++) {
        const at = chunk.byteOffset + frame * frameLength;
        this.#input.place(frame - first, new Uint8Array(chunk.data, at, frameLength), content);
      }
      for (let slot = last - first; slot < tensorBatch; slot++) this.#input.clear(slot);
      const output = await this.#run();
      const length = this.#decoder.anchors * this.#decoder.rowLength;
      for (let slot = 0; slot < last - first; slot++) {
        const rows = output.subarray(slot * length, (slot + 1) * length);
        frames.push(this.#decoder.decode(rows, plan, options));
      }
    }
    return joined(frames);
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  async #run(): Promise<Float32Array> {
    const { input, output } = this.#spec.manifest;
    const name = output.names[0]!;
    const results = await this.#session.run({ [input.name]: this.#tensor }, [name]);
    const data = results[name]!.data;
    const { anchors, rowLength } = this.#decoder;
    const wanted = this.#spec.tensorBatch * anchors * rowLength;
    if (!(data instanceof Float32Array) || data.length !== wanted) {
      const shape = results[name]!.dims.join(", ");
      throw new Error(
        `its output ${name} came as [${shape}] instead of [${this.#spec.tensorBatch}, ${anchors}, ${rowLength}]`,
      );
    }
    return data;
  }
}

function joined(frames: readonly FrameDetections[]): ChunkResult {
  const counts = Int32Array.from(frames, ({ scores }) => scores.length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const boxes = new Float32Array(4 * total);
  const scores = new Float32Array(total);
  const classIds = new Int32Array(total);
  let at = 0;
  for (const frame of frames) {
    boxes.set(frame.boxes, 4 * at);
    scores.set(frame.scores, at);
    classIds.set(frame.classIds, at);
    at += frame.scores.length;
  }
  return { counts, boxes, scores, classIds };
}
