import { DISCARD, KEY_FRAME } from "./packet-scan.ts";
import type { PacketScan } from "./packet-scan.ts";

/**
 * The times of a stream's packets in the order in which they are to be shown. A key frame whose time does not come after
 * all before it begins a recording of its own, with a clock of its own; within one, the order is that of the times.
 * Packets that are not to be shown are left out, and so are those without a time. Empty where most have none.
 */
export function presentationOrder(scan: Pick<PacketScan, "pts" | "flags">): number[] {
  const order: number[] = [];
  let run: number[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  const endRun = (): void => {
    for (const pts of Float64Array.from(run).sort()) order.push(pts);
    run = [];
    latest = Number.NEGATIVE_INFINITY;
  };
  let shown = 0;
  for (const [packet, pts] of scan.pts.entries()) {
    const flags = scan.flags[packet] ?? 0;
    if ((flags & DISCARD) !== 0) continue;
    shown++;
    if (!Number.isSafeInteger(pts)) continue;
    if ((flags & KEY_FRAME) !== 0 && pts <= latest) endRun();
    run.push(pts);
    latest = Math.max(latest, pts);
  }
  endRun();
  return order.length * 2 < shown ? [] : order;
}
