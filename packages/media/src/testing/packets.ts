import { PacketScanBuilder } from "../probe/packet-scan.ts";
import type { PacketScan } from "../probe/packet-scan.ts";

/**
 * A scan of packets that are written as `0K 2 1 N/AD`: each its pts and flags, K for a key frame and D for one that is not
 * shown. None has a dts or a duration.
 */
export function scanOf(packets: string, errors: readonly string[] = []): PacketScan {
  const builder = new PacketScanBuilder();
  for (const packet of packets.split(" ")) {
    const [, pts, flags = ""] = /^(-?\d+|N\/A)([KD]*)$/.exec(packet) ?? [];
    if (pts !== undefined) builder.add(`${pts},N/A,N/A,1,${flags}_`);
  }
  return builder.build(errors);
}
