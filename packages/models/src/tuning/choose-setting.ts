import type { RunSetting } from "@framequeue/contracts";
import type { Measurement } from "./measurement.ts";

/** A smaller tensor and fewer threads are worth so much speed: they answer sooner and take less memory. */
const AS_GOOD_AS = 0.97;

/**
 * The fastest setting whose runs stay below the limit; of those that are nearly as fast the smallest. Where none stays
 * below it, the one with the shortest runs.
 *
 * Never one that cannot keep results equal: where a picture's numbers depend on those beside it in the tensor (as with
 * quantisation by the range of the whole tensor), or where the number of threads changes them. The size of the tensor
 * may change them, because a job keeps to one.
 *
 * @throws RangeError if nothing was measured
 */
export function chooseSetting(
  measurements: readonly Measurement[],
  latencyLimitMs: number,
): RunSetting {
  const oneThread = new Map(
    measurements
      .filter(({ setting }) => setting.threads === 1)
      .map(({ setting, fingerprint }) => [setting.batch, fingerprint]),
  );
  const keep = measurements.filter(({ setting, independent, fingerprint }) => {
    const { batch } = setting;
    return (batch === 1 || independent) && (oneThread.get(batch) ?? fingerprint) === fingerprint;
  });
  const quick = keep.filter(({ latencyMs }) => latencyMs <= latencyLimitMs);
  if (quick.length === 0) {
    const [shortest] = keep.toSorted((a, b) => a.latencyMs - b.latencyMs);
    if (shortest === undefined) throw new RangeError("nothing was measured");
    return shortest.setting;
  }
  const best = Math.max(...quick.map(({ framesPerSecond }) => framesPerSecond));
  const [smallest] = quick
    .filter(({ framesPerSecond }) => framesPerSecond >= AS_GOOD_AS * best)
    .toSorted(
      (a, b) =>
        a.setting.batch - b.setting.batch ||
        a.setting.threads * a.setting.sessions - b.setting.threads * b.setting.sessions ||
        a.setting.threads - b.setting.threads,
    );
  return smallest!.setting;
}
