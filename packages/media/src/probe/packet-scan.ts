import { stat } from "node:fs/promises";
import type { MediaInfo } from "@framequeue/contracts";
import { copyArguments, MAX_PIXELS, packetArguments } from "../ffmpeg/ffmpeg-arguments.ts";
import { checkNotKilled, runFfprobe } from "../ffmpeg/ffmpeg.ts";
import type { ToolExit, ToolOptions, ToolRun } from "../ffmpeg/ffmpeg.ts";
import { runCopy } from "./stream-dump.ts";
import { asSourceFile, sourceName } from "./source-file.ts";
import type { SourceFile } from "./source-file.ts";
import {
  excessOf,
  listingMs,
  overBound,
  packetExcess,
  toolMemoryBytes,
} from "../ffmpeg/tool-bounds.ts";
import type { Excess, PacketLimits } from "../ffmpeg/tool-bounds.ts";

/** The packets of a stream in the order in which the file has them (decoding order). */
export interface PacketScan {
  /** Presentation times in ticks of the stream's time base, one per packet; NaN where the container gives none. */
  readonly pts: Float64Array;
  /** Bit 0: key frame. Bit 1: to be decoded but not shown (edit lists). One byte per packet. */
  readonly flags: Uint8Array;
  readonly packets: number;
  readonly keyFrames: number;
  readonly discarded: number;
  /** Every packet has a pts, and no two have the same. */
  readonly distinctPts: boolean;
  /** When the first shown packet begins, in ticks: its pts, or its dts where the container gives no pts. */
  readonly begin: number | undefined;
  /** When the last shown packet ends, by its own duration. */
  readonly end: number | undefined;
  /**
   * How long the picture that is shown last stays, in ticks: to the end that the container states, else by its packet,
   * which in a stream without a container goes by the frame rate. Undefined where nothing tells.
   */
  readonly lastDuration: number | undefined;
  /** What the demuxer complained of: a truncated file, broken structures. */
  readonly errors: readonly string[];
}

export const KEY_FRAME = 1;
export const DISCARD = 2;

export interface ScanOptions extends ToolOptions {
  /** What `probe` said of the stream's end, and of the file's. */
  readonly info?: Pick<MediaInfo, "container" | "statedEnd" | "cutShort"> | undefined;
  /** Packets of the stream; default ten million. */
  readonly maxPackets?: number | undefined;
}

/**
 * Lists the packets of a stream without decoding any: 9 bytes of memory per packet.
 * The scan of a damaged file ends where the demuxer gives up, with `errors`.
 *
 * @throws {ProblemError} `source-too-large` where there are more packets, or more bytes in them, than a file of that size
 * can hold, or where listing them takes longer or more memory than any video's
 */
export async function scanPackets(
  source: SourceFile | string,
  streamIndex: number,
  options: ScanOptions = {},
): Promise<PacketScan> {
  const file = asSourceFile(source);
  const limits = {
    fileBytes: await fileBytes(file),
    maxPackets: options.maxPackets,
    silenceMs: options.tools?.silenceMs,
  };
  const listed = await listPackets(sourceName(file), limits, (onLine) =>
    runFfprobe(packetArguments(file, streamIndex), { ...options, onLine }),
  );
  options.signal?.throwIfAborted();
  if (
    listed.exit.code !== 0 &&
    listed.exit.stoppedBy === undefined &&
    listed.packets.packets === 0
  ) {
    // The same by ffmpeg, four times as slow: ffprobe opens the decoder of every stream, and lists nothing where one does
    // not open.
    const copied = await listPackets(sourceName(file), limits, (onLine) =>
      runCopy(copyArguments(file, MAX_PIXELS, { stream: streamIndex }), options, (line) =>
        onLine(fromFrameCrc(line)),
      ),
    );
    options.signal?.throwIfAborted();
    return copied.packets.build(withStop(copied.exit), options.info);
  }
  return listed.packets.build(withStop(listed.exit), options.info);
}

/** Packets between two looks at the clock. */
const LOOK_PACKETS = 1000;

/** Collects what a program lists, and ends it where that is more than there can be, or comes too slowly. */
async function listPackets(
  name: string,
  { silenceMs, ...limits }: PacketLimits & { readonly silenceMs: number | undefined },
  start: (onLine: (line: string) => void) => ToolRun,
): Promise<{ readonly packets: PacketScanBuilder; readonly exit: ToolExit }> {
  const packets = new PacketScanBuilder();
  const began = performance.now();
  let excess: Excess | undefined;
  const stop = (found: Excess | undefined): void => {
    if (excess !== undefined || found === undefined) return;
    excess = found;
    run.kill();
  };
  const slowness = (): Excess | undefined => {
    const passed = performance.now() - began;
    if (passed <= listingMs(packets.packets, packets.bytes, silenceMs)) return undefined;
    const seconds = Math.round(passed / 1000);
    return { what: `only ${packets.packets} of its frames could be listed in ${seconds} s` };
  };
  const run = start((line) => {
    packets.add(line);
    if (packets.packets % LOOK_PACKETS === 0) stop(slowness());
    stop(packetExcess(packets.packets, packets.bytes, limits));
  });
  const clock = setInterval(() => stop(slowness()), 1000);
  try {
    const exit = await run.exited;
    excess ??= excessOf(exit, toolMemoryBytes(0));
    if (excess !== undefined) throw overBound(name, excess);
    checkNotKilled(exit, "Listing the frames of", name);
    return { packets, exit };
  } finally {
    clearInterval(clock);
  }
}

async function fileBytes({ path, bytes }: SourceFile): Promise<number> {
  const { size } = await stat(path);
  return Math.min(size, bytes ?? size);
}

function withStop({ errors, stoppedBy }: ToolExit): readonly string[] {
  return stoppedBy === undefined ? errors : [...errors, "The scan was stopped at its deadline."];
}

const CRC_LINE = /^0, +(-?\w+), +(-?\w+), +(-?\d+), +(\d+), 0x[0-9a-f]+(?:, F=0x([0-9A-F]+))?/;
const NO_TIME = /^(?:NOPTS|-9223372036854775808)$/;

/**
 * A line of ffmpeg's `framecrc` output as ffprobe writes it; others become empty. The flags (AV_PKT_FLAG_KEY 1,
 * AV_PKT_FLAG_DISCARD 4) stand there only where they are not those of a plain key frame.
 */
export function fromFrameCrc(line: string): string {
  const [whole, dts = "", pts = "", duration = "", size = "", hex] = CRC_LINE.exec(line) ?? [];
  if (whole === undefined) return "";
  const flags = hex === undefined ? 1 : Number.parseInt(hex, 16);
  const time = (text: string): string => (NO_TIME.test(text) ? "N/A" : text);
  const letters = `${flags & 1 ? "K" : "_"}${flags & 4 ? "D" : "_"}`;
  return [time(pts), time(dts), duration === "0" ? "N/A" : duration, size, letters].join(",");
}

/** Collects ffprobe's `pts,dts,duration,size,flags` lines. */
export class PacketScanBuilder {
  #pts = new Float64Array(1024);
  #flags = new Uint8Array(1024);
  #packets = 0;
  #keyFrames = 0;
  #discarded = 0;
  #bytes = 0;
  #begin: number | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #lastDuration = Number.NaN;

  get packets(): number {
    return this.#packets;
  }

  /** Of all packets together. */
  get bytes(): number {
    return this.#bytes;
  }

  add(line: string): void {
    // Not split: this runs for every packet, and most lines do not need all of their fields.
    const afterPts = line.indexOf(",");
    const afterDts = line.indexOf(",", afterPts + 1);
    const afterDuration = line.indexOf(",", afterDts + 1);
    const afterSize = line.indexOf(",", afterDuration + 1);
    if (afterPts < 0 || afterDts < 0 || afterDuration < 0 || afterSize < 0) return;
    if (this.#packets === this.#pts.length) this.#grow();
    // "N/A" becomes NaN, as it should.
    const pts = Number(line.slice(0, afterPts));
    const key = line.includes("K", afterSize);
    const discard = line.includes("D", afterSize);
    this.#bytes += Number(line.slice(afterDuration + 1, afterSize)) || 0;
    this.#pts[this.#packets] = pts;
    this.#flags[this.#packets] = (key ? KEY_FRAME : 0) | (discard ? DISCARD : 0);
    this.#packets += 1;
    if (key) this.#keyFrames += 1;
    if (discard) {
      this.#discarded += 1;
      return;
    }
    const time = Number.isNaN(pts) ? Number(line.slice(afterPts + 1, afterDts)) : pts;
    if (this.#begin === undefined || time < this.#begin) this.#begin = time;
    if (time < this.#last || Number.isNaN(time)) return;
    this.#last = time;
    this.#lastDuration = Number(line.slice(afterDts + 1, afterDuration));
  }

  build(errors: readonly string[], info?: ScanOptions["info"]): PacketScan {
    const pts = this.#pts.slice(0, this.#packets);
    const shown = this.#packets - this.#discarded;
    const meanTicks = (this.#last - (this.#begin ?? 0)) / Math.max(1, shown - 1);
    // Some demuxers put one tick there where they do not know.
    const known = this.#lastDuration > meanTicks / 2;
    // What was cut off at the end of a file would count as the last picture's.
    const whole = errors.length === 0 && info?.cutShort !== true;
    const rest = whole ? shownEnd(info, this.#begin ?? 0) - this.#last : Number.NaN;
    return {
      pts,
      flags: this.#flags.slice(0, this.#packets),
      packets: this.#packets,
      keyFrames: this.#keyFrames,
      discarded: this.#discarded,
      distinctPts: areDistinct(pts),
      begin: this.#begin,
      end:
        shown > 0 && Number.isFinite(this.#last)
          ? this.#last + (known ? this.#lastDuration : Math.round(meanTicks))
          : undefined,
      lastDuration: rest > 0 && shown > 0 ? rest : known ? this.#lastDuration : undefined,
      errors,
    };
  }

  #grow(): void {
    const pts = new Float64Array(this.#pts.length * 2);
    pts.set(this.#pts);
    this.#pts = pts;
    const flags = new Uint8Array(pts.length);
    flags.set(this.#flags);
    this.#flags = flags;
  }
}

/** Containers in which the last picture may stay longer than others. */
const VARIABLE_RATE = new Set(["mp4", "matroska", "avi", "asf", "flv"]);

/**
 * The stated end on the clock of the packets. ffmpeg moves an MP4 track whose composition offsets are negative so that its
 * first shown pictures come before 0, and so comes its end.
 */
function shownEnd(info: ScanOptions["info"], begin: number): number {
  const names = info?.container.split(",") ?? [];
  if (info?.statedEnd === undefined || !names.some((name) => VARIABLE_RATE.has(name))) {
    return Number.NaN;
  }
  return info.statedEnd + (names.includes("mp4") ? Math.min(0, begin) : 0);
}

function areDistinct(pts: Float64Array): boolean {
  const sorted = pts.toSorted();
  return sorted.every(
    (value, index) => Number.isSafeInteger(value) && (index === 0 || value !== sorted[index - 1]),
  );
}
