import type { ByteReader } from "./byte-reader.ts";
import type { ContainerFacts } from "./facts.ts";

/** Key of a header partition pack but for its last two bytes, and of an encrypted triplet (SMPTE ST 377-1, ST 429-6). */
const HEADER_PARTITION = Buffer.from("060e2b34020501010d0102010102", "hex");
const ENCRYPTED_TRIPLET = Buffer.from("060e2b34020401070d010301027e0100", "hex");
/** A run-in may stand before the first key. */
const RUN_IN_BYTES = 1 << 16;
const ESSENCE_BYTES = 1 << 20;

/** MXF: whether the footer should lie behind the file's end, and whether essence is wrapped in encrypted triplets. */
export async function mxfFacts(bytes: ByteReader): Promise<ContainerFacts> {
  const head = await bytes.read(0, ESSENCE_BYTES);
  const at = head.subarray(0, RUN_IN_BYTES).indexOf(HEADER_PARTITION);
  const length = at < 0 ? undefined : head[at + 16];
  if (length === undefined) return {};
  // The length is BER: one byte, or its low bits tell how many follow.
  const content = at + 17 + (length < 0x80 ? 0 : length & 0x7f);
  const footer = content + 32 <= head.length ? Number(head.readBigUInt64BE(content + 24)) : 0;
  return {
    cutShort: at + footer >= bytes.size,
    protection: head.includes(ENCRYPTED_TRIPLET) ? "encrypted triplets" : undefined,
  };
}
