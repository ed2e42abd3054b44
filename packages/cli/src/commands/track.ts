import { dirname, join, resolve } from "node:path";
import { ProblemError } from "@framequeue/contracts";
import {
  type CameraMotion,
  createTracker,
  formatMotText,
  type MotRow,
  parseCmcText,
  parseMotText,
  type Tracker,
} from "@framequeue/tracking";
import { xywhToXyxy, xyxyToXywh } from "@framequeue/vision";
import { openOutFile } from "../files/out-file.ts";
import { readOptionalText, readText } from "../text/read-text.ts";
import type { Terminal } from "../text/terminal.ts";
import { parseTrackOptions, TRACK_USAGE } from "../options/track-options.ts";

/** Digits after the point: enough to be compared with other trackers. */
const BOX_DECIMALS = 4;
/** Columns of a detection before its feature. */
const FEATURE_COLUMN = 10;

/** `track`: detections in a file to tracks in a file. Answers the exit code. */
export async function track(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseTrackOptions(args);
  if (options === undefined) {
    terminal.stdout.write(TRACK_USAGE);
    return 0;
  }
  const detectionsPath = resolve(terminal.cwd, options.detections);
  await using out = await openOutFile(resolve(terminal.cwd, options.out), [detectionsPath]);
  const tracker = createTracker(options.tracker);
  // trackers go by scores: without them none of what they do by halves would happen
  const detections = await readText(detectionsPath, (text) => parseMotText(text, 7));
  const cameraMotions =
    options.cmc === undefined
      ? []
      : await readText(resolve(terminal.cwd, options.cmc), parseCmcText);
  const frames = Math.max(
    detections.reduce((last, { frame }) => Math.max(last, frame), 0),
    await sequenceLength(dirname(detectionsPath)),
  );
  if (options.cmc !== undefined && cameraMotions.length < frames) {
    throw new ProblemError(
      "invalid-request",
      `${options.cmc} has ${cameraMotions.length} motions, and there are ${frames} frames: each needs one.`,
      { at: "--cmc" },
    );
  }
  const rows = trackRows(tracker, detections, cameraMotions, frames);
  await out.write(formatMotText(rows, BOX_DECIMALS));
  return 0;
}

function trackRows(
  tracker: Tracker,
  detections: readonly MotRow[],
  cameraMotions: readonly CameraMotion[],
  frames: number,
): MotRow[] {
  const byFrame = Map.groupBy(detections, ({ frame }) => frame);
  return Array.from({ length: frames }, (_, i) => i + 1).flatMap((frame) => {
    const seen = byFrame.get(frame) ?? [];
    const features = seen.map(({ rest }) => rest.slice(FEATURE_COLUMN - 7));
    const cameraMotion = cameraMotions[frame - 1];
    const tracked = tracker.update({
      boxes: seen.map(({ boxXywh }) => xywhToXyxy(boxXywh)),
      scores: seen.map(({ score }) => score),
      classIds: seen.map(() => 0),
      ...(features.some(({ length }) => length > 0) ? { features } : {}),
      ...(cameraMotion === undefined ? {} : { cameraMotion }),
    });
    return tracked.map(({ trackId, box, score }) => {
      return { frame, id: trackId, boxXywh: xyxyToXywh(box), score, rest: [] };
    });
  });
}

/** What the seqinfo.ini of the folder says; 0 where there is none. */
async function sequenceLength(folder: string): Promise<number> {
  const text = await readOptionalText(join(folder, "seqinfo.ini"));
  return Number(/^\s*seqLength\s*=\s*(\d+)/im.exec(text ?? "")?.[1] ?? 0);
}
