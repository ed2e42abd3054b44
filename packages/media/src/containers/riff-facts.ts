import type { ByteReader } from "./byte-reader.ts";
import type { ContainerFacts } from "./facts.ts";

const MOST_PARTS = 4096;

/** AVI: whether one of its RIFF parts (several in a file of OpenDML) ends behind the file's end. */
export async function riffFacts(bytes: ByteReader): Promise<ContainerFacts> {
  let at = 0;
  for (let part = 0; part < MOST_PARTS; part++) {
    const head = await bytes.read(at, 12);
    if (head.length < 12 || head.toString("latin1", 0, 4) !== "RIFF") break;
    const size = head.readUInt32LE(4);
    // A recorder that never came back to its header left nothing there, or all bits set.
    if (size === 0 || size === 0xff_ff_ff_ff) break;
    const end = at + 8 + size;
    if (end > bytes.size) return { cutShort: true };
    at = end + (size % 2);
  }
  return {};
}
