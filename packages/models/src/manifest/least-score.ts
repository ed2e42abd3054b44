import type { ModelManifest } from "./manifest.ts";

/** From which score on results count, where nobody says otherwise. */
export function leastScore(manifest: ModelManifest): number {
  return "thresholds" in manifest ? manifest.thresholds.score : 0;
}
