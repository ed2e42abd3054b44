import { cpuSeconds } from "../cpu-seconds.ts";

/** How fast frames went through, and what each took of the processor. */
export interface Pace {
  readonly framesPerSecond: number;
  readonly coreMsPerFrame: number;
}

/** @param work answers how many frames it put through */
export async function pace(work: () => Promise<number>): Promise<Pace> {
  const [started, cpu] = [performance.now(), cpuSeconds()];
  const frames = await work();
  return {
    framesPerSecond: (frames * 1000) / (performance.now() - started),
    coreMsPerFrame: ((cpuSeconds() - cpu) * 1000) / frames,
  };
}
