import type { FrameStoreKind } from "@framequeue/cli";

/** One way to cut and spread the same work. */
export interface Cell {
  readonly workers: number;
  /** Frames per queue message. */
  readonly batch: number;
  /** 0 decodes the whole video as one segment. */
  readonly segmentSeconds: number;
  readonly store: FrameStoreKind;
}

const WORKERS = [1, 2, 4] as const;
const BATCHES = [1, 4, 16, 32] as const;
const SEGMENT_SECONDS = [2, 10, 0] as const;
const STORES = ["memory", "file", "redis"] as const satisfies FrameStoreKind[];

/** Every combination; those that can share a running system are neighbours. */
export function allCells(): Cell[] {
  return WORKERS.flatMap((workers) =>
    STORES.flatMap((store) =>
      BATCHES.flatMap((batch) =>
        SEGMENT_SECONDS.map((segmentSeconds) => ({ workers, batch, segmentSeconds, store })),
      ),
    ),
  );
}

/** Coprime to the number of cells and far from its fractions, so that neighbours differ in everything. */
const STRIDE = 41;

/** `count` of the cells, spread over all values; always the same ones. */
export function someCells(count: number): Cell[] {
  const cells = allCells();
  if (count >= cells.length) return cells;
  const chosen = Array.from({ length: count }, (_, i) => (i * STRIDE) % cells.length);
  return chosen.sort((a, b) => a - b).map((index) => cells[index]!);
}

/** Neighbours that share workers and store. */
export function bySystem(cells: readonly Cell[]): Cell[][] {
  const groups: Cell[][] = [];
  for (const cell of cells) {
    const last = groups.at(-1);
    const fits = last?.[0]?.workers === cell.workers && last[0].store === cell.store;
    if (fits) last.push(cell);
    else groups.push([cell]);
  }
  return groups;
}
