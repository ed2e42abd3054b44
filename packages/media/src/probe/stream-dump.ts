import { Writable } from "node:stream";
import { copyArguments } from "../ffmpeg/ffmpeg-arguments.ts";
import { checkNotKilled, runFfmpeg } from "../ffmpeg/ffmpeg.ts";
import type { ToolOptions, ToolRun } from "../ffmpeg/ffmpeg.ts";
import { LineSplitter } from "../ffmpeg/line-splitter.ts";
import { parseLogLine } from "../ffmpeg/log-lines.ts";
import { tellsOfOtherStreams } from "./other-streams.ts";
import { sourceName } from "./source-file.ts";
import type { SourceFile } from "./source-file.ts";

/** A stream, as ffprobe's JSON has it; what ffmpeg does not tell is absent. */
export interface DumpedStream {
  readonly index: number;
  codec_type: string;
  codec_name?: string;
  codec_tag_string?: string;
  id?: string;
  width?: number;
  height?: number;
  sample_aspect_ratio?: string;
  time_base?: string;
  disposition: { attached_pic: 0 | 1 };
  side_data_list?: { rotation: number }[];
}

export interface StreamDump {
  readonly streams: DumpedStream[];
  readonly format?: { format_name: string; start_time?: string; duration?: string };
  /** The video stream that ffmpeg takes where nobody names one. */
  readonly chosen?: number;
}

/**
 * What ffmpeg says of a file, in the shape of ffprobe's JSON. ffprobe opens a decoder for every stream and gives up where
 * one does not open; ffmpeg opens those that it needs, which for a copied packet is none.
 *
 * @param stream the video stream that is looked at closely; absent: ffmpeg's own choice
 */
export async function dumpStreams(
  source: SourceFile,
  stream: number | undefined,
  options: ToolOptions & { maxPixels: number },
): Promise<StreamDump> {
  const parser = new StreamDumpParser();
  const args = copyArguments(source, options.maxPixels, { stream, packets: 1 });
  const exit = await runCopy(
    args,
    options,
    (line) => parser.head(line),
    (line) => parser.log(line),
  ).exited;
  checkNotKilled(exit, "Looking into", sourceName(source));
  return parser.dump;
}

/** Runs an ffmpeg that copies packets into text lines. */
export function runCopy(
  args: Parameters<typeof runFfmpeg>[0],
  options: ToolOptions,
  onLine: (line: string) => void,
  onLog?: (line: string) => void,
): ToolRun {
  const stdout = new LineSink(onLine);
  const run = runFfmpeg(args, {
    ...options,
    stdout,
    excuses: tellsOfOtherStreams,
    ...(onLog && { onLine: onLog }),
  });
  const exited = run.exited.then((exit) => {
    stdout.finish();
    return exit;
  });
  exited.catch(() => undefined);
  return { exited, kill: () => run.kill() };
}

class LineSink extends Writable {
  readonly #lines = new LineSplitter();
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    super({ emitClose: false });
    this.#onLine = onLine;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#lines.push(chunk.toString("latin1")).forEach(this.#onLine);
    done();
  }

  finish(): void {
    this.#lines.end().forEach(this.#onLine);
  }
}

const INPUT = /^Input #0, (\S+), from /;
const TIMES = /^ {2}Duration: (\S+?),(?: start: (-?[\d.]+),)?/;
const STREAM = /^ +Stream #0:(\d+)(?:\[(0x[0-9a-f]+)\])?(?:\([^)]*\))?: (\w+): (.*)$/;
const MATRIX = /^ +displaymatrix: rotation of (-?[\d.]+) degrees/;
const MAPPING = /^ {2}Stream #0:(\d+) -> #0:0 /;
const HEAD = /^#(tb|dimensions|sar) 0: (\S+)$/;

/** Reads ffmpeg's description of its input (libavformat/dump.c) and the head of its `framecrc` output. */
export class StreamDumpParser {
  readonly #streams: DumpedStream[] = [];
  #format: StreamDump["format"];
  #chosen: number | undefined;
  #isInput = false;
  readonly #head = new Map<string, string>();

  /** A line of the log. */
  log(line: string): void {
    const parsed = parseLogLine(line);
    if (parsed?.level !== "info") return;
    const { text } = parsed;
    const input = INPUT.exec(text);
    if (input) {
      this.#format = { format_name: input[1]! };
      this.#isInput = true;
    } else if (/^(?:Output #|Stream mapping:)/.test(text)) this.#isInput = false;
    else if (this.#isInput) this.#describe(text);
    else this.#chosen ??= numberIn(MAPPING.exec(text)?.[1]);
  }

  /** A line of the output. */
  head(line: string): void {
    const [, key, value] = HEAD.exec(line) ?? [];
    if (key !== undefined) this.#head.set(key, value!);
  }

  get dump(): StreamDump {
    const taken = this.#streams.find(({ index }) => index === this.#chosen);
    const [width, height] = (this.#head.get("dimensions") ?? "").split("x").map(Number);
    const timeBase = this.#head.get("tb");
    const shape = this.#head.get("sar");
    if (taken && width && height) Object.assign(taken, { width, height });
    if (taken && timeBase !== undefined) taken.time_base = timeBase;
    if (taken && shape !== undefined) taken.sample_aspect_ratio = shape.replace("/", ":");
    return {
      streams: this.#streams,
      ...(this.#format && { format: this.#format }),
      ...(this.#chosen === undefined ? {} : { chosen: this.#chosen }),
    };
  }

  #describe(text: string): void {
    const times = TIMES.exec(text);
    if (times && this.#format) {
      const duration = secondsOf(times[1]!);
      if (duration !== undefined) this.#format.duration = duration;
      if (times[2] !== undefined) this.#format.start_time = times[2];
    }
    const [, index, id, kind, facts = ""] = STREAM.exec(text) ?? [];
    if (index !== undefined) {
      const [, width, height] = /, (\d+)x(\d+)/.exec(facts) ?? [];
      const codec = /^\w+/.exec(facts)?.[0];
      const tag = /\((\S{4}) \/ 0x[0-9A-F]+\)/.exec(facts)?.[1];
      this.#streams.push({
        index: Number(index),
        codec_type: kind!.toLowerCase(),
        ...(id === undefined ? {} : { id }),
        ...(codec === undefined || codec === "none" ? {} : { codec_name: codec }),
        ...(tag === undefined ? {} : { codec_tag_string: tag }),
        ...(width === undefined ? {} : { width: Number(width), height: Number(height) }),
        disposition: { attached_pic: facts.includes("(attached pic)") ? 1 : 0 },
      });
    }
    const rotation = numberIn(MATRIX.exec(text)?.[1]);
    const last = this.#streams.at(-1);
    if (rotation !== undefined && last) last.side_data_list ??= [{ rotation }];
  }
}

function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** `00:01:02.50` as seconds; undefined for `N/A`. */
function secondsOf(text: string): string | undefined {
  const [hours, minutes, seconds] = text.split(":").map(Number);
  const all = hours! * 3600 + minutes! * 60 + seconds!;
  return Number.isFinite(all) ? String(all) : undefined;
}
