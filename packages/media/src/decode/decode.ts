import { frameBytes, ProblemError, samplesAll } from "@framequeue/contracts";
import type { MediaInfo, PixelLayout, Segment, Size } from "@framequeue/contracts";
import { decodeArguments } from "../ffmpeg/ffmpeg-arguments.ts";
import { runFfmpeg } from "../ffmpeg/ffmpeg.ts";
import type { ToolExit, ToolOptions, ToolRun } from "../ffmpeg/ffmpeg.ts";
import { FrameSink } from "./frame-sink.ts";
import { FrameTimes } from "./frame-times.ts";
import { Patience } from "../ffmpeg/patience.ts";
import { judgeDecode } from "./judge-decode.ts";
import type { DecodeReport } from "./judge-decode.ts";
import { tellsOfLeadingPictures } from "./leading-pictures.ts";
import { tellsOfOtherStreams } from "../probe/other-streams.ts";
import { SampledPlaces } from "./sampling.ts";
import type { SegmentSampling } from "./sampling.ts";
import { asSourceFile, sourceName } from "../probe/source-file.ts";
import type { SourceFile } from "../probe/source-file.ts";
import { excessOf, overBound, SILENCE_MS, toolMemoryBytes } from "../ffmpeg/tool-bounds.ts";

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
  /** Only the wanted frames are given; the report is on all frames nevertheless. Absent: all. Not beside `only`. */
  readonly sampling?: SegmentSampling | undefined;
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
   * `source-too-large` where it wants more memory than it may have; `frame-undecodable` where ffmpeg crashed, ran into the
   * deadline, or decoded nothing for five minutes. The signal's reason when it aborts.
   */
  read(target: Uint8Array, frames: number): Promise<number[]>;
  /** How it went so far; final once `read` came back short. */
  report(): DecodeReport;
  /** Whether ffmpeg has told of damage in the source so far. */
  readonly isDamaged: boolean;
}

/** Starts ffmpeg on one segment. */
export function openDecoder(source: SourceFile | string, options: DecoderOptions): FrameReader {
  const { sampling } = options;
  const file = asSourceFile(source);
  return sampling === undefined || samplesAll(sampling)
    ? new PipeReader(file, options)
    : new SampledReader(file, { ...options, sampling });
}

/** ffmpeg lost count of the frames, so that it does not give the wanted ones any more. */
class CountLost extends Error {
  override readonly name = "CountLost";
}

/**
 * Lets ffmpeg drop what is not wanted before it scales. It loses count where pictures change their size or format on the
 * way: then it starts over, and frames are dropped here.
 */
class SampledReader implements FrameReader {
  readonly frameBytes: number;
  readonly #source: SourceFile;
  readonly #options: DecoderOptions & { readonly sampling: SegmentSampling };
  #reader: PipeReader;
  /** Frames given so far. */
  #given = 0;

  constructor(
    source: SourceFile,
    options: DecoderOptions & { readonly sampling: SegmentSampling },
  ) {
    this.#source = source;
    this.#options = options;
    const sampled = new SampledPlaces(options.sampling, options.segment);
    this.#reader = new PipeReader(source, options, sampled);
    this.frameBytes = this.#reader.frameBytes;
  }

  async read(target: Uint8Array, frames: number): Promise<number[]> {
    let pts: number[];
    try {
      pts = await this.#reader.read(target, frames);
    } catch (error) {
      if (!(error instanceof CountLost)) throw error;
      await this.#startOver();
      pts = await this.#reader.read(target, frames);
    }
    this.#given += pts.length;
    return pts;
  }

  report(): DecodeReport {
    return this.#reader.report();
  }

  get isDamaged(): boolean {
    return this.#reader.isDamaged;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]();
  }

  async #startOver(): Promise<void> {
    await this.#reader[Symbol.asyncDispose]();
    this.#reader = new PipeReader(this.#source, this.#options);
    const scratch = new Uint8Array(this.frameBytes);
    for (let i = 0; i < this.#given; i++) await this.#reader.read(scratch, 1);
  }
}

class PipeReader implements FrameReader {
  readonly frameBytes: number;
  readonly #name: string;
  readonly #options: DecoderOptions;
  readonly #sink = new FrameSink();
  readonly #times: FrameTimes;
  readonly #run: ToolRun;
  readonly #patience: Patience;
  #isSilent = false;
  readonly #memoryBytes: number;
  /** Which frames come through the pipe, and which of them are wanted: all where undefined. */
  readonly #piped: SampledPlaces | undefined;
  readonly #wanted: SampledPlaces | undefined;
  #exit: ToolExit | undefined;
  /** Frames read from the pipe. */
  #read = 0;
  /** The place of the next one, among those whose time is told. */
  #next: number;
  #onTime: (() => void) | undefined;
  #isDamaged = false;

  /** @param sampled the frames that ffmpeg is to give; absent: it gives all, and what is not wanted is dropped here */
  constructor(source: SourceFile, options: DecoderOptions, sampled?: SampledPlaces) {
    const { info, segment, frame, layout, threads, only, sampling } = options;
    this.frameBytes = frameBytes(layout, frame.width, frame.height);
    this.#name = sourceName(source);
    this.#options = options;
    this.#piped = sampled;
    this.#wanted = sampling && (sampled ?? new SampledPlaces(sampling, segment));
    this.#next = this.#piped?.next(0) ?? 0;
    this.#times = new FrameTimes(info.timeBase);
    const pixels = Math.max(info.width * info.height, frame.width * frame.height);
    this.#memoryBytes = options.memoryBytes ?? toolMemoryBytes(pixels);
    this.#patience = new Patience(options.tools?.silenceMs ?? SILENCE_MS, () => {
      this.#isSilent = true;
      this.#run.kill();
    });
    this.#run = runFfmpeg(
      decodeArguments({ source, info, segment, frame, layout, threads, only, sampled }),
      {
        tools: options.tools,
        signal: options.signal,
        deadlineMs: options.deadlineMs,
        memoryBytes: this.#memoryBytes,
        stdout: this.#sink,
        onDamage: () => (this.#isDamaged = true),
        onLine: (line) => {
          if (!this.#times.add(line)) return;
          this.#patience.heard();
          this.#onTime?.();
        },
        excuses: (text) =>
          tellsOfOtherStreams(text) ||
          (segment.startPts !== undefined &&
            this.#times.pts.length === 0 &&
            tellsOfLeadingPictures(text)),
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
    const pts: number[] = [];
    while (pts.length < frames) {
      const at = pts.length * this.frameBytes;
      const bytes = await this.#patience.during(
        this.#sink.fill(target.subarray(at, at + this.frameBytes)),
      );
      // What a killed or crashed decoder left of a frame is no frame.
      const isShort = bytes < this.frameBytes;
      if (isShort) await this.#end();
      signal?.throwIfAborted();
      if (isShort) break;
      const place = this.#next;
      const time = await this.#timeOf(place);
      signal?.throwIfAborted();
      this.#read++;
      this.#next = this.#piped?.next(place + 1) ?? place + 1;
      // The next frame takes the room of one that is not wanted.
      if (this.#wanted?.isWanted(place) ?? true) pts.push(time);
    }
    if (this.#read === 0 && this.#exit?.stoppedBy === undefined) this.#failIfEmpty();
    return pts;
  }

  report(): DecodeReport {
    return judgeDecode({
      segment: this.#options.segment,
      pts: this.#times.pts.slice(0, this.#next),
      exitCode: this.#exit?.code ?? null,
      errors: this.#exit?.errors ?? [],
      isDamaged: this.#isDamaged,
      shapes: this.#times.shapes,
    });
  }

  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#run.kill();
    await this.#run.exited.catch(() => undefined);
    this.#sink.close();
  }

  async #end(): Promise<void> {
    const exit = await this.#run.exited;
    if (exit.stoppedBy === "deadline" || this.#isSilent) throw this.#undecodable("took too long");
    const excess = excessOf(exit, this.#memoryBytes);
    if (excess !== undefined) throw overBound(this.#name, excess);
    if (exit.stoppedBy === undefined && exit.code === null) throw this.#undecodable("broke off");
    this.#checkCount();
  }

  #checkCount(): void {
    if (this.#piped !== undefined && this.#times.isRestarted) throw new CountLost();
  }

  #undecodable(what: string): ProblemError {
    return new ProblemError("frame-undecodable", `Decoding ${this.#name} ${what}.`, {
      at: this.#name,
    });
  }

  /** Pixels and times come through two pipes; a frame is there when both are. */
  async #timeOf(place: number): Promise<number> {
    for (;;) {
      this.#checkCount();
      const time = this.#times.pts[place];
      if (time !== undefined) return time;
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
