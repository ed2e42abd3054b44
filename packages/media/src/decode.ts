import { basename } from "node:path";
import { frameBytes, ProblemError } from "@framequeue/contracts";
import type { MediaInfo, PixelLayout, Segment, Size } from "@framequeue/contracts";
import { decodeArguments } from "./ffmpeg-arguments.ts";
import { runFfmpeg } from "./ffmpeg.ts";
import type { ToolExit, ToolOptions, ToolRun } from "./ffmpeg.ts";
import { FrameSink } from "./frame-sink.ts";
import { FrameTimes } from "./frame-times.ts";
import { judgeDecode } from "./judge-decode.ts";
import type { DecodeReport } from "./judge-decode.ts";
import { tellsOfLeadingPictures } from "./leading-pictures.ts";

export interface DecoderOptions extends ToolOptions {
  readonly info: MediaInfo;
  readonly segment: Segment;
  /** The size that frames are scaled to, whatever the source's. */
  readonly frame: Size;
  readonly layout: PixelLayout;
  /** Threads of the decoder; absent: ffmpeg's own choice, which is all cores. */
  readonly threads?: number;
  /** Only these frames of the segment, from 0, lowest first; absent: all. The report is of no use then. */
  readonly only?: readonly number[];
}

/** A decoder that works as fast as it is read. Dispose of it to stop it; disposing waits until ffmpeg is gone. */
export interface FrameReader extends AsyncDisposable {
  /** Bytes of one frame. */
  readonly frameBytes: number;
  /**
   * Reads up to `frames` whole frames into `target` (which may view a `SharedArrayBuffer`), frame i at
   * `i * frameBytes`, and resolves with their pts in ticks of the source's time base; fewer than asked for, or none,
   * only at the end. One call at a time.
   *
   * @throws {ProblemError} `source-damaged` or `source-unsupported` where a sequential segment has no frame at all;
   * `frame-undecodable` where ffmpeg crashed or ran into the deadline. The signal's reason when it aborts.
   */
  read(target: Uint8Array, frames: number): Promise<number[]>;
  /** How it went so far; final once `read` came back short. */
  report(): DecodeReport;
}

/** Starts ffmpeg on one segment. */
export function openDecoder(path: string, options: DecoderOptions): FrameReader {
  return new PipeReader(path, options);
}

class PipeReader implements FrameReader {
  readonly frameBytes: number;
  readonly #name: string;
  readonly #options: DecoderOptions;
  readonly #sink = new FrameSink();
  readonly #times: FrameTimes;
  readonly #run: ToolRun;
  #exit: ToolExit | undefined;
  #read = 0;
  #onTime: (() => void) | undefined;

  constructor(path: string, options: DecoderOptions) {
    const { info, segment, frame, layout, threads, only } = options;
    this.frameBytes = frameBytes(layout, frame.width, frame.height);
    this.#name = basename(path);
    this.#options = options;
    this.#times = new FrameTimes(info.timeBase);
    this.#run = runFfmpeg(
      decodeArguments({ source: path, info, segment, frame, layout, threads, only }),
      {
        tools: options.tools,
        signal: options.signal,
        deadlineMs: options.deadlineMs,
        stdout: this.#sink,
        onLine: (line) => {
          if (this.#times.add(line)) this.#onTime?.();
        },
        excuses: (text) =>
          segment.startPts !== undefined &&
          this.#times.pts.length === 0 &&
          tellsOfLeadingPictures(text),
      },
    );
    const onGone = () => {
      // A program that ended by itself also ended its pipe, which may still hold frames.
      if (this.#exit?.stoppedBy !== undefined || !this.#exit) this.#sink.close();
      this.#onTime?.();
    };
    this.#run.exited.then((exit) => (this.#exit = exit)).then(onGone, onGone);
  }

  async read(target: Uint8Array, frames: number): Promise<number[]> {
    const { signal } = this.#options;
    const wanted = frames * this.frameBytes;
    if (wanted === 0) return [];
    if (target.length < wanted)
      throw new RangeError(`${frames} frames do not fit into the target.`);
    signal?.throwIfAborted();
    const bytes = await this.#sink.fill(target.subarray(0, wanted));
    if (bytes < wanted) await this.#end();
    signal?.throwIfAborted();
    // What a killed or crashed decoder left of a frame is no frame.
    const count = Math.floor(bytes / this.frameBytes);
    const from = this.#read;
    this.#read += count;
    await this.#timesUntil(this.#read);
    signal?.throwIfAborted();
    const pts = this.#times.pts.slice(from, this.#read);
    if (this.#read === 0 && this.#exit?.stoppedBy === undefined) this.#failIfEmpty();
    return pts;
  }

  report(): DecodeReport {
    return judgeDecode({
      segment: this.#options.segment,
      pts: this.#times.pts.slice(0, this.#read),
      exitCode: this.#exit?.code ?? null,
      errors: this.#exit?.errors ?? [],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#run.kill();
    await this.#run.exited.catch(() => undefined);
    this.#sink.close();
  }

  async #end(): Promise<void> {
    const exit = await this.#run.exited;
    if (exit.stoppedBy === "deadline") throw this.#undecodable("took too long");
    if (exit.stoppedBy === undefined && exit.code === null) throw this.#undecodable("broke off");
  }

  #undecodable(what: string): ProblemError {
    return new ProblemError("frame-undecodable", `Decoding ${this.#name} ${what}.`, {
      at: this.#name,
    });
  }

  /** Pixels and times come through two pipes; a frame is there when both are. */
  async #timesUntil(count: number): Promise<void> {
    while (this.#times.pts.length < count) {
      if (this.#exit) throw this.#undecodable("gave a frame without a time");
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onTime = resolve;
      await promise;
      this.#onTime = undefined;
    }
  }

  #failIfEmpty(): void {
    // An empty parallel segment is a mismatch between plan and file, and the report says so.
    if (this.#options.segment.startPts !== undefined) return;
    const errors = this.#exit?.errors ?? [];
    const unsupported = errors.some((line) => /^Decoder .* not found|no decoder/i.test(line));
    const said = errors.length === 0 ? "" : ` ffmpeg says: ${errors.slice(-3).join("; ")}.`;
    throw unsupported
      ? new ProblemError(
          "source-unsupported",
          `There is no decoder here for ${this.#name}.${said}`,
          {
            at: this.#name,
          },
        )
      : new ProblemError("source-damaged", `No frame of ${this.#name} can be decoded.${said}`, {
          at: this.#name,
        });
  }
}
