import type { LateStep } from "@framequeue/contracts";

/** Whether a job has a step after track, by the fields of its record that tell so. */
export function hasStep(
  record: { readonly [field in "steps" | "vw" | "ren"]?: string | null },
  step: LateStep,
): boolean {
  if (typeof record.steps === "string") return step in (JSON.parse(record.steps) as object);
  // Planned by a process of the version before.
  if (step === "render") return record.ren === "1";
  return step === "index" || step === "finalize" || record.vw === "1";
}
