import type { Candidates } from "./candidates.ts";
import type { OutputTensor } from "../tensors/output-tensor.ts";

/** What a family of detectors puts out, read as candidates: boxes in input pixels that may still overlap. */
export interface DetectionHead {
  /** Adds the candidates of one picture that reach the score. */
  read(outputs: readonly OutputTensor[], slot: number, minScore: number, into: Candidates): void;
}
