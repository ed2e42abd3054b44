import { z } from "zod";
import { analyticsOption } from "./analytics.ts";
import { detectionOptions } from "./detection.ts";
import { enhanceOptions } from "./enhance.ts";
import { executionOptionsSchema, shareOptions } from "./execution.ts";
import { modelOptions } from "./models.ts";
import { fileOptions, gapOptions } from "./outputs.ts";
import { samplingOptions } from "./sampling.ts";
import { trackingOptions } from "./tracking.ts";
import { viewOptions } from "./views.ts";

/**
 * Options of a job that change its result. They stand in the header of every result file, defaults filled in, in this
 * order.
 */
export const resultOptionsSchema = z.strictObject({
  ...samplingOptions,
  ...detectionOptions,
  ...enhanceOptions,
  ...trackingOptions,
  ...viewOptions,
  ...gapOptions,
});
export type ResultOptions = z.infer<typeof resultOptionsSchema>;

/** Everything that a job can be told beside its source. */
export const jobOptionShape = {
  ...modelOptions,
  options: resultOptionsSchema.prefault({}),
  execution: executionOptionsSchema.prefault({}),
  ...shareOptions,
  ...fileOptions,
  ...analyticsOption,
} as const;

/** The `options` field of a multipart upload, whose file is the source. */
export const uploadOptionsSchema = z.strictObject(jobOptionShape);
export type UploadOptions = z.infer<typeof uploadOptionsSchema>;
