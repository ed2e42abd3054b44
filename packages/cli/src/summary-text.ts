import { dirname } from "node:path";
import type { Summary } from "@framequeue/contracts";

/** What a person wants to read when a video is done. */
export function describeSummary(
  video: string,
  summary: Summary,
  artifacts: Readonly<Record<string, string>>,
): string {
  const { frames, detections, tracks, objects, timing, warnings } = summary;
  const { framesLookedAt = frames } = summary;
  const counts = Object.entries(objects)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([label, count]) => `${count} ${label}`)
    .join(", ");
  const folder = dirname(Object.values(artifacts)[0] ?? "");
  return [
    video,
    `  objects   ${counts === "" ? "none" : counts}`,
    `  frames    ${frames}${framesLookedAt < frames ? `, ${framesLookedAt} looked at` : ""}, with ${detections} detections in ${tracks} tracks`,
    `  speed     ${timing.fps.toFixed(1)} fps (${timing.seconds.toFixed(1)} s)`,
    ...warnings.map(({ detail }) => `  warning   ${detail}`),
    `  results   ${folder}/{${Object.keys(artifacts).join(",")}}`,
    "",
  ].join("\n");
}
