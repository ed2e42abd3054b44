import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const MANY = { maxBuffer: 2 ** 30 };

/** What a plain ffmpeg says of a video: one decoder thread, none of the product's code. */
export interface IndependentFacts {
  /** The stream that was decoded. */
  readonly stream: number;
  /** Ticks per frame, in ticks of the stream's time base. */
  readonly pts: readonly number[];
  readonly timeBase: readonly [number, number];
  /** pts of the packets that are to be shown, where all have one; undefined where not. */
  readonly packets: readonly number[] | undefined;
  /** The first picture, upright, with square pixels. */
  readonly size: { readonly width: number; readonly height: number };
  /** Whether pictures of another shape follow. */
  readonly isReshaped: boolean;
  /** What ffmpeg complained of, but for sound and its own output. */
  readonly errors: readonly string[];
}

/** @param wanted the stream; absent: the one that ffmpeg takes by itself. Undefined where nothing decodes. */
export async function decodeIndependently(
  path: string,
  wanted?: number,
): Promise<IndependentFacts | undefined> {
  const log = await ffmpegLog([
    ...["-loglevel", "level+info", "-threads", "1", "-copyts", "-i", `file:${path}`],
    ...(wanted === undefined ? ["-an", "-sn", "-dn"] : ["-map", `0:${wanted}`]),
    ...["-vf", "showinfo=checksum=0", "-fps_mode", "passthrough", "-f", "null", "-"],
  ]);
  const pts: number[] = [];
  const shapes = new Set<string>();
  for (const [, time, width, height, shape] of log
    .matchAll(/n: *\d+ pts: *(-?\d+|NOPTS) .* sar:(\d+\/\d+) s:(\d+)x(\d+)/g)
    .map(([all, time, sar, w, h]) => [all, time, w, h, sar])) {
    pts.push(Number(time));
    shapes.add(`${width} ${height} ${shape}`);
  }
  const stream = Number(/Stream #0:(\d+) -> #0:0/.exec(log)?.[1] ?? "-1");
  const [first] = shapes;
  if (first === undefined) return undefined;
  const [width, height, shape] = first.split(" ");
  const [across, down] = shape!.split("/").map(Number);
  const ratio = across! > 0 && down! > 0 ? across! / down! : 1;
  const square = ratio >= 1 / 16 && ratio <= 16 ? ratio : 1;
  const [numerator, denominator] = /config in time_base: (\d+)\/(\d+)/
    .exec(log)!
    .slice(1)
    .map(Number);
  return {
    stream,
    pts,
    timeBase: [numerator!, denominator!],
    packets: await packetsOf(path, stream),
    size: { width: Math.round(Number(width) * square), height: Number(height) },
    isReshaped: shapes.size > 1,
    errors: log.split("\n").filter((line) => line.includes("[error]") && !isExcused(line)),
  };
}

function isExcused(line: string): boolean {
  return /^\[(?:aac|mp3float|opus|vorbis|ac3)\b|non monoton|Error parsing Ogg/i.test(line);
}

async function ffmpegLog(args: readonly string[]): Promise<string> {
  const done = await run("ffmpeg", ["-hide_banner", "-nostdin", "-nostats", ...args], MANY).catch(
    (error: { stderr?: string }) => ({ stderr: error.stderr ?? "" }),
  );
  return done.stderr;
}

async function packetsOf(path: string, stream: number): Promise<number[] | undefined> {
  const { stdout } = await run(
    "ffprobe",
    [
      ...["-v", "quiet", "-select_streams", String(stream), "-show_entries", "packet=pts,flags"],
      ...["-of", "csv=p=0", `file:${path}`],
    ],
    MANY,
  ).catch(() => ({ stdout: "" }));
  const packets: number[] = [];
  for (const line of stdout.split("\n")) {
    const [time, flags = ""] = line.split(",");
    if (flags === "" || flags.includes("D")) continue;
    if (time === "N/A") return undefined;
    packets.push(Number(time));
  }
  return packets.length === 0 ? undefined : packets;
}

/** Times of a video's frames and its length in seconds, and the size of the first. */
export async function framesOf(
  path: string,
): Promise<{ times: number[]; seconds: number; width: number; height: number }> {
  const { stdout } = await run(
    "ffprobe",
    [
      ...[
        "-v",
        "error",
        "-select_streams",
        "v",
        "-show_entries",
        "frame=pts_time,width,height:stream=duration",
      ],
      ...["-of", "csv=p=0", path],
    ],
    MANY,
  );
  // Side data of a frame gets a line of its own.
  const rows = [...stdout.matchAll(/^(-?[\d.]+),(\d+),(\d+)/gm)].map((row) =>
    row.slice(1).map(Number),
  );
  const [, width = 0, height = 0] = rows[0] ?? [];
  const seconds = Number(/^[\d.]+$/m.exec(stdout)?.[0] ?? 0);
  return { times: rows.map(([time]) => time!), seconds, width, height };
}
