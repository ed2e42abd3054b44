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
    ...streamNote(summary).map((note) => `  stream    ${note}`),
    ...warnings.map(({ detail }) => `  warning   ${detail}`),
    `  results   ${folder}/{${Object.keys(artifacts).join(",")}}`,
    "",
  ].join("\n");
}

/** Which of several video streams was looked at. */
function streamNote({ source: { media } }: Summary): string[] {
  const { videoStreams = [], streamIndex } = media;
  if (videoStreams.length === 0) return [];
  const list = videoStreams.map(
    ({ index, codec, width, height }) => `${index} (${codec}, ${width}x${height})`,
  );
  return [`${streamIndex} of the video streams ${list.join(", ")}; --stream N takes another`];
}
