import { RESULT_SCHEMA_VERSION } from "@framequeue/contracts";
import type { JobHeader } from "@framequeue/outputs";
import type { JobFacts } from "@framequeue/pipeline";

/** @param frames of the video */
export function jobHeader({ job, plan }: JobFacts, frames: number): JobHeader {
  const { width, height, rotation, timeBase } = plan.media;
  return {
    schemaVersion: RESULT_SCHEMA_VERSION,
    media: { sha256: plan.sourceSha256, width, height, rotation, timeBase, frames },
    models: job.models,
    options: { minScore: plan.minScore, ...job.options },
    ...(job.analytics && { analytics: job.analytics }),
  };
}
