import type { RunSetting } from "@framequeue/contracts";
import type { ModelPackage } from "../package/package.ts";
import type { ExecutionDevice } from "../providers/provider.ts";

/** What one process is to measure. */
export interface MeasurementOrder {
  readonly model: ModelPackage;
  readonly setting: RunSetting;
  readonly devices: readonly ExecutionDevice[];
  /** How long to measure, after warming up. */
  readonly seconds: number;
}

export interface Measurement {
  readonly setting: RunSetting;
  readonly framesPerSecond: number;
  /** 95 of 100 runs took no longer. */
  readonly latencyMs: number;
  readonly peakBytes: number;
  /** Of the results of a few fixed pictures, every bit of them. Equal where another setting gives the same. */
  readonly fingerprint: string;
  /** Whether a picture's results were the same alone and among others in its tensor. */
  readonly independent: boolean;
}

export type MeasurementReply = { readonly measurement: Measurement } | { readonly reason: string };
