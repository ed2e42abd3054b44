import { availableParallelism } from "node:os";
import { ProblemError } from "@framequeue/contracts";
import { shellCommand } from "../probe/source-formats.ts";

/** Streams of one file; ffmpeg keeps a decoder for each. A multiplex of a dozen television programmes has about 80. */
export const MOST_STREAMS = 256;
/** Packets of one stream: 46 hours at 60 frames a second. */
export const MOST_PACKETS = 10_000_000;
/** How much of its description ffprobe may print of a file. */
export const MOST_DESCRIPTION_BYTES = 16 << 20;
/** How long a program may read, decode and encode without a packet or a picture to show for it. */
export const SILENCE_MS = 300_000;

/** Bytes that the packets of a stream may have together, for each byte of the file: more is read again and again. */
const MOST_REPEATS = 32;
/** So much is allowed in the smallest file. */
const FREE_PACKETS = 10_000;
const FREE_BYTES = 16 << 20;
/** Entries that ffmpeg would keep in memory of an index, for each byte of the file. */
const MOST_ENTRIES_PER_BYTE = 64;
const FREE_ENTRIES = 1_000_000;

/** The least that lists the packets of a file: less is a fault of the disk, or of a file made to be slow. */
const GRACE_MS = 60_000;
const LEAST_BYTES_PER_MS = 256;
const LEAST_PACKETS_PER_MS = 1;

const MIB = 2 ** 20;
/** As large as a pixel gets on the way: four channels of 16 bits. */
const PIXEL_BYTES = 8;
/** Pictures that a decoder, filters and an encoder hold, beside those of each thread. */
const PICTURES = 24;
const PICTURES_PER_CORE = 3;

/**
 * Memory that a run of ffmpeg or ffprobe may take: for an index of some ten million packets, the stacks of its threads, and
 * the pictures that are on their way. Far above what videos need, so that only what was made for it comes there.
 *
 * @param pixels of one picture; 0 where none is decoded
 */
export function toolMemoryBytes(pixels: number, cores = availableParallelism()): number {
  const pictures = PICTURES + PICTURES_PER_CORE * cores;
  return 2048 * MIB + cores * 64 * MIB + pixels * PIXEL_BYTES * pictures;
}

export interface PacketLimits {
  /** Bytes of the file. */
  readonly fileBytes: number;
  /** Packets of the stream; default {@link MOST_PACKETS}. */
  readonly maxPackets?: number | undefined;
}

/** A bound that a source goes over. */
export interface Excess {
  /** Of the source: what it has, and what it may have. */
  readonly what: string;
  /** The setting that moves the bound; absent: none does, because no video needs so much. */
  readonly setting?: string;
}

/** What the packets of a stream may come to. An index can name the same bytes as many packets, and cost next to nothing. */
export function packetExcess(
  packets: number,
  bytes: number,
  { fileBytes, maxPackets = MOST_PACKETS }: PacketLimits,
): Excess | undefined {
  const most = fileBytes + FREE_PACKETS;
  if (packets > most) {
    return { what: `its video claims more than ${most} frames in ${fileBytes} bytes` };
  }
  const mostBytes = MOST_REPEATS * fileBytes + FREE_BYTES;
  if (bytes > mostBytes) {
    return { what: `its frames claim more than ${mostBytes} bytes in a file of ${fileBytes}` };
  }
  if (packets <= maxPackets) return undefined;
  const what = `its video has more than ${maxPackets} frames`;
  return { what, setting: "FQ_SOURCE_LIMIT_FRAMES" };
}

/** What the indexes of all streams may come to. */
export function entriesExcess(entries: number, fileBytes: number): Excess | undefined {
  const most = MOST_ENTRIES_PER_BYTE * fileBytes + FREE_ENTRIES;
  if (entries <= most) return undefined;
  return { what: `its index claims more than ${most} samples in ${fileBytes} bytes` };
}

/** Cuts of a film; ffmpeg goes through a track once more for each, before it shows anything. */
const MOST_EDITS = 4_096;

/** What the edit list of a track may come to. */
export function editsExcess(edits: number): Excess | undefined {
  if (edits <= MOST_EDITS) return undefined;
  return { what: `its edit list has ${edits} edits, and ${MOST_EDITS} are read` };
}

/** The time in which so many packets of so many bytes must have been listed; `silenceMs` before the first. */
export function listingMs(packets: number, bytes: number, silenceMs = GRACE_MS): number {
  return (
    Math.min(GRACE_MS, silenceMs) + bytes / LEAST_BYTES_PER_MS + packets / LEAST_PACKETS_PER_MS
  );
}

/** What ffmpeg says of too many streams (libavformat/utils.c). */
const TOO_MANY_STREAMS = /exceeds max_streams parameter/;

/** Which bound a run met, by its error lines; undefined where none. */
export function excessOf(
  { errors, noMemory }: { readonly errors: readonly string[]; readonly noMemory?: boolean },
  memoryBytes: number,
): Excess | undefined {
  if (errors.some((line) => TOO_MANY_STREAMS.test(line))) {
    return { what: `it has more than ${MOST_STREAMS} streams` };
  }
  if (noMemory !== true) return undefined;
  return { what: `ffmpeg needs more than ${Math.round(memoryBytes / MIB)} MiB of memory for it` };
}

/** @param name of the file, without its folder */
export function overBound(name: string, { what, setting }: Excess): ProblemError {
  const remedy =
    setting === undefined
      ? `Where it is a video all the same, write its streams anew: ${shellCommand("-i", name, "-map 0:v:0 -map 0:a? -c copy video.mkv")}`
      : `Cut it, or have ${setting} raised.`;
  return new ProblemError("source-too-large", `${name} is not analysed: ${what}. ${remedy}`, {
    at: name,
  });
}
