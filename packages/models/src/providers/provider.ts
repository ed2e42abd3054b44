import type { InferenceSession } from "onnxruntime-node";

/**
 * What onnxruntime can run a graph on. `webgpu` is an experiment: its runs are kept apart, because two at once end the
 * process (microsoft/onnxruntime#32561, #31627).
 */
export const PROVIDER_NAMES = ["cpu", "cuda", "tensorrt", "webgpu"] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** One processor that a session can be opened on. `device` counts GPUs from 0; the CPU is one device. */
export interface ExecutionDevice {
  readonly provider: ProviderName;
  readonly device: number;
}

export const CPU: ExecutionDevice = { provider: "cpu", device: 0 };

/**
 * The device as a session's options. Of CUDA's and TensorRT's own options the JavaScript binding passes on the
 * device's number alone: not fp16, not an engine cache, not the choice of algorithms. A model that is to run in half
 * precision therefore brings its casts along. Nodes that a GPU does not take run on the CPU.
 */
export function executionProviders({
  provider,
  device,
}: ExecutionDevice): InferenceSession.ExecutionProviderConfig[] {
  switch (provider) {
    case "cpu":
      return ["cpu"];
    case "cuda":
      return [{ name: "cuda", deviceId: device }, "cpu"];
    case "tensorrt":
      return [{ name: "tensorrt", deviceId: device }, { name: "cuda", deviceId: device }, "cpu"];
    case "webgpu":
      return [{ name: "webgpu", validationMode: "basic" }, "cpu"];
  }
}
