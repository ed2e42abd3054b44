import type { IndependentFacts } from "./independent.ts";
import type { Outcome } from "./outcome.ts";

/** What is known of a video beside what ffmpeg says. */
export interface Expectation {
  /** The video stream that the job names. */
  readonly stream?: number;
  /** The code of the problem with which the job fails. */
  readonly problem?: RegExp;
  /** What the problem's text or one of the warnings says. */
  readonly says?: RegExp;
  /** Frames that the file's headers promise behind the last; ffmpeg does not count them. */
  readonly cutOff?: number;
  /** How long the last picture is shown. */
  readonly lastSeconds?: number;
  readonly state?: "succeeded" | "succeeded_with_warnings";
}

/** Times of the annotated video are in its own ticks: 1/90000 s in most players, a millisecond at worst. */
const TIME_TOLERANCE = 1e-3;

/** Every way in which an outcome is not as it should be. */
export function judge(
  facts: IndependentFacts | undefined,
  outcome: Outcome,
  expected: Expectation = {},
): string[] {
  const { state, problem, warnings = [] } = outcome;
  const faults: string[] = [];
  const said = [problem?.detail ?? "", ...warnings.map(({ detail }) => detail)].join(" ");
  if (expected.says && !expected.says.test(said)) faults.push(`says: ${said}`);
  if (expected.problem || !facts) {
    const wanted = expected.problem ?? /^source-/;
    if (state !== "failed") faults.push(`${state} instead of failed`);
    else if (!wanted.test(problem?.code ?? "")) faults.push(`problem ${problem?.code}`);
    return faults;
  }
  if (state === "failed") return [...faults, `failed: ${problem?.code} ${problem?.detail ?? ""}`];
  return [
    ...faults,
    ...judgeFrames(facts, outcome),
    ...judgeGaps(facts, outcome, expected.cutOff ?? 0),
    ...judgeState(facts, outcome, expected),
    ...judgeVideo(facts, outcome, expected.lastSeconds),
  ];
}

function judgeFrames(
  { pts, size, stream, timeBase }: IndependentFacts,
  outcome: Outcome,
): string[] {
  const { rows, header, stream: taken = stream } = outcome;
  const faults: string[] = [];
  if (taken !== stream) faults.push(`stream ${taken} instead of ${stream}`);
  if (rows.length !== pts.length) faults.push(`${rows.length} frames instead of ${pts.length}`);
  const other = rows.findIndex((row, index) => row.pts !== pts[index]);
  if (other >= 0) faults.push(`row ${other} has pts ${rows[other]!.pts} instead of ${pts[other]}`);
  const { width, height, timeBase: ticks = [0, 1] } = header?.media ?? {};
  if (width !== size.width || height !== size.height) {
    faults.push(`${width}x${height} instead of ${size.width}x${size.height}`);
  }
  if (ticks.join() !== timeBase.join()) faults.push(`time base ${ticks.join("/")}`);
  return faults;
}

/** Frames and gaps follow each other without a hole, and a gap lies where the times of its packets do. */
function judgeGaps(facts: IndependentFacts, { rows, gaps }: Outcome, cutOff: number): string[] {
  const faults: string[] = [];
  const spans = [
    ...rows.map(({ frame }) => ({ from: frame, to: frame })),
    ...gaps.map(({ from, to }) => ({ from, to })),
  ].sort((a, b) => a.from - b.from);
  let next = 0;
  for (const { from, to } of spans) {
    if (from !== next) faults.push(`frame ${from} after frame ${next - 1}`);
    next = to + 1;
  }
  const { packets, pts, errors } = facts;
  const isOrdered = pts.every((time, index) => index === 0 || time > pts[index - 1]!);
  if (errors.length === 0 && gaps.length > (cutOff > 0 ? 1 : 0))
    faults.push("a gap without damage");
  if (packets === undefined || !isOrdered || new Set(packets).size < packets.length) return faults;
  const decoded = new Set(pts);
  const lost = packets.filter((time) => !decoded.has(time));
  if (pts.some((time) => !packets.includes(time))) return faults;
  const counted = gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  // Without a complaint a packet that is no picture is no loss: hidden frames, edit lists.
  const wanted = (errors.length === 0 ? 0 : lost.length) + cutOff;
  if (counted !== wanted) faults.push(`gaps of ${counted} frames instead of ${wanted}`);
  for (const { from, to } of gaps) {
    const before = rows.findLast(({ frame }) => frame < from)?.pts ?? Number.NEGATIVE_INFINITY;
    const after = rows.find(({ frame }) => frame > to)?.pts ?? Number.POSITIVE_INFINITY;
    const there = lost.filter((time) => time > before && time < after).length;
    const behind = after === Number.POSITIVE_INFINITY ? cutOff : 0;
    if (there + behind !== to - from + 1) {
      faults.push(`the gap ${from} to ${to} has ${there + behind} packets at its place`);
    }
  }
  return faults;
}

function judgeState(
  { errors, isReshaped }: IndependentFacts,
  { state, gaps, warnings = [] }: Outcome,
  { state: known, cutOff = 0 }: Expectation,
): string[] {
  const isMarred = errors.length > 0 || isReshaped || gaps.length > 0 || cutOff > 0;
  const wanted = known ?? (isMarred ? "succeeded_with_warnings" : "succeeded");
  if (state === wanted) return [];
  return [`${state} instead of ${wanted} (${warnings.map(({ detail }) => detail).join(" ")})`];
}

function judgeVideo(
  { size }: IndependentFacts,
  { rows, video, header }: Outcome,
  lastSeconds?: number,
): string[] {
  if (!video) return ["no annotated video"];
  const faults: string[] = [];
  const even = (side: number): number => side + (side % 2);
  if (video.width !== even(size.width) || video.height !== even(size.height)) {
    faults.push(`annotated ${video.width}x${video.height}`);
  }
  if (video.times.length !== rows.length) {
    return [...faults, `${video.times.length} annotated frames instead of ${rows.length}`];
  }
  const [numerator, denominator] = header!.media.timeBase;
  const off = rows.map(
    ({ pts }, index) =>
      ((pts - rows[0]!.pts) * numerator) / denominator - (video.times[index]! - video.times[0]!),
  );
  const worst = Math.max(...off.map(Math.abs));
  // A clock that is set back cannot be shown.
  const isOrdered = rows.every(({ pts }, index) => index === 0 || pts > rows[index - 1]!.pts);
  if (isOrdered && worst > TIME_TOLERANCE)
    faults.push(`annotated times off by ${worst.toFixed(4)} s`);
  const last = video.seconds - (video.times.at(-1)! - video.times[0]!);
  if (lastSeconds !== undefined && Math.abs(last - lastSeconds) > TIME_TOLERANCE) {
    faults.push(`the last picture stays ${last.toFixed(4)} s instead of ${lastSeconds} s`);
  }
  return faults;
}
