import type { Sink } from "../format.ts";

export interface Cue {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly text: string;
}

/** WebVTT wants cues by when they begin, and none before zero. */
export async function writeWebVtt(cues: readonly Cue[], sink: Sink): Promise<void> {
  await sink.line("WEBVTT");
  for (const { fromSeconds, toSeconds, text } of cues.toSorted(
    (a, b) => a.fromSeconds - b.fromSeconds,
  )) {
    if (toSeconds <= 0) continue;
    await sink.line("");
    await sink.line(`${timeText(Math.max(0, fromSeconds))} --> ${timeText(toSeconds)}`);
    await sink.line(plainText(text));
  }
}

/** `HH:MM:SS.mmm` */
function timeText(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, "0")}`;
}

/** What is no markup and ends no cue. */
function plainText(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
