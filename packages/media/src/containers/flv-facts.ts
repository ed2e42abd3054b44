import type { ByteReader } from "./byte-reader.ts";
import type { ContainerFacts } from "./facts.ts";

const METADATA_BYTES = 1 << 16;
const MOST_TAGS = 64;
const VIDEO_TAG = 9;
const FILTERED = 0x20;

/** FLV: whether the file is shorter than its metadata says, and whether its first video tags are encrypted. */
export async function flvFacts(bytes: ByteReader): Promise<ContainerFacts> {
  const metadata = await bytes.read(0, METADATA_BYTES);
  // AMF0: the length of a name, the name, the type number, a double.
  const at = metadata.indexOf("\0\bfilesize\0", 0, "latin1");
  const stated = at >= 0 && at + 19 <= metadata.length ? metadata.readDoubleBE(at + 11) : 0;
  return {
    cutShort: stated > bytes.size,
    protection: (await isFiltered(bytes, metadata)) ? "filtered video tags" : undefined,
  };
}

async function isFiltered(bytes: ByteReader, head: Buffer): Promise<boolean> {
  if (head.length < 9) return false;
  let at = head.readUInt32BE(5) + 4;
  for (let count = 0; count < MOST_TAGS; count++) {
    const tag = await bytes.read(at, 11);
    if (tag.length < 11) return false;
    if ((tag[0]! & 0x1f) === VIDEO_TAG) return (tag[0]! & FILTERED) !== 0;
    at += 15 + tag.readUIntBE(1, 3);
  }
  return false;
}
