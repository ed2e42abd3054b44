import { z } from "zod";
import { modelRefSchema } from "../api/models.ts";

const sha256Schema = modelRefSchema.shape.sha256;

/** How a model is run: pictures per tensor, threads of one session, sessions side by side. */
const runSettingSchema = z.object({
  batch: z.int().min(1),
  threads: z.int().min(1),
  sessions: z.int().min(1),
});
export type RunSetting = z.infer<typeof runSettingSchema>;

/** What was measured of a model on one kind of device, and the setting that was chosen by it. */
export const tuningSchema = z.object({
  v: z.literal(1),
  sha256: z.string(),
  /** The numeric class of what it was measured on: provider, processor, version of the runtime. */
  class: z.string(),
  cores: z.int().min(1),
  latencyLimitMs: z.number(),
  chosen: runSettingSchema,
  settings: z.array(
    runSettingSchema.extend({
      framesPerSecond: z.number(),
      /** 95 of 100 runs took no longer. */
      latencyMs: z.number(),
      /** Most memory of the process that measured it. */
      peakBytes: z.int(),
      /** Whether its outputs were those of one picture per tensor and one thread, to the last bit. */
      exact: z.boolean(),
    }),
  ),
});
export type Tuning = z.infer<typeof tuningSchema>;

/** Object store key of what was measured of a model on a kind of device. */
export function tuningKey(sha256: string, numericClass: string): string {
  return `models/${sha256}/tuning/${numericClass}.json`;
}

/** Object store keys of a registered model. */
export function modelKeys(sha256: string) {
  const all = `models/${sha256}`;
  return {
    all,
    model: `${all}/model.onnx`,
    manifest: `${all}/manifest.json`,
    lineage: `${all}/lineage.json`,
    metrics: `${all}/metrics`,
    quarantine: `${all}/quarantine.json`,
  };
}

/** Which versions of a model new jobs get. An object that is replaced as a whole. */
export const modelAliasesSchema = z.object({
  v: z.literal(1),
  name: z.string(),
  /** One more for every change. */
  revision: z.int().min(1),
  /** By sha256: what jobs get that name the model without a version. */
  stable: sha256Schema,
  /** What a share of them get instead. */
  canary: z.object({ sha256: sha256Schema, share: z.number().min(0).max(1) }).optional(),
  /** What was stable before, newest last: the way back. */
  before: z.array(sha256Schema),
});
export type ModelAliases = z.infer<typeof modelAliasesSchema>;

/** Object store key of a model's aliases. */
export function aliasesKey(name: string): string {
  return `aliases/${name}.json`;
}
