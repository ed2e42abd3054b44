import type { AnalyticsOptions, MediaInfo } from "@framequeue/contracts";
import { type AnalyticsSettings, planeMap, type Point } from "@framequeue/analytics";

/** Of the picture's height: what a box trembles by. */
const DEFAULT_MARGIN = 0.01;

/** A job's analytics with every point and distance in pixels of its source. */
export function settingsOf(
  options: AnalyticsOptions,
  { width, height }: Pick<MediaInfo, "width" | "height">,
): AnalyticsSettings {
  const { units, lines, zones, calibration, anchor, intervalSeconds } = options;
  const pixel = ([x, y]: Point): Point => (units === "pixels" ? [x, y] : [x * width, y * height]);
  return {
    anchor,
    intervalSeconds,
    margin: options.margin ?? DEFAULT_MARGIN * height,
    lines: lines.map(({ name, from, to }) => ({ name, from: pixel(from), to: pixel(to) })),
    zones: zones.map(({ name, polygon }) => ({ name, polygon: polygon.map(pixel) })),
    toGround:
      calibration &&
      planeMap(
        calibration.image.map(pixel) as unknown as typeof calibration.image,
        calibration.ground,
      ),
  };
}
