import { createHash } from "node:crypto";
import type { MediaInfo, Segment } from "@framequeue/contracts";
import { openDecoder } from "../decode/decode.ts";
import type { DecoderOptions } from "../decode/decode.ts";
import type { DecodeReport } from "../decode/judge-decode.ts";

export interface Decoded {
  readonly pts: number[];
  /** SHA-256 of each frame. */
  readonly hashes: string[];
  readonly report: DecodeReport;
}

/** Decodes a whole segment, five frames at a time. */
export async function readAll(
  path: string,
  info: MediaInfo,
  segment: Segment,
  options: Partial<DecoderOptions> = {},
): Promise<Decoded> {
  await using reader = openDecoder(path, {
    info,
    segment,
    frame: { width: 80, height: 60 },
    layout: "gbrp",
    deadlineMs: 60_000,
    ...options,
  });
  const target = new Uint8Array(new SharedArrayBuffer(reader.frameBytes * 5));
  const pts: number[] = [];
  const hashes: string[] = [];
  for (;;) {
    const times = await reader.read(target, 5);
    pts.push(...times);
    for (const index of times.keys()) {
      const frame = target.subarray(index * reader.frameBytes, (index + 1) * reader.frameBytes);
      hashes.push(createHash("sha256").update(frame).digest("hex"));
    }
    if (times.length < 5) return { pts, hashes, report: reader.report() };
  }
}
