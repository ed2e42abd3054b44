import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadModelPackage } from "@framequeue/models";
import type { Bench } from "../bench.ts";
import { writeStreetVideo } from "../street-video.ts";
import { allCells, someCells } from "./cells.ts";
import { type CellResult, COMPARED, runCells } from "./run-cells.ts";

const STARTER_DETECTOR = resolve(import.meta.dirname, "../../../models/starter-detector");
/** Ten spans of 2 s and more, two of 10 s; none of them a whole number of batches. */
const STREET = { seconds: 22, fps: 10, gop: 21 } as const;

/** Hashes of the results for every number of workers, batch size, segment length and frame store. */
export const equality: Bench = {
  name: "equality",
  about: "hashes of the results, however the work is cut and spread: all must be equal",
  needs: [],
  async run({ video, model: modelPath, cells: count, print }) {
    const model = await loadModelPackage(modelPath ?? STARTER_DETECTOR);
    const folder = await mkdtemp(join(tmpdir(), "fq-equality-"));
    try {
      const file = video ?? join(folder, "street.mp4");
      if (video === undefined) await writeStreetVideo(file, STREET);
      const cells = count === undefined ? allCells() : someCells(count);
      print({}, header());
      const results: CellResult[] = [];
      for await (const result of runCells(cells, file, model)) {
        results.push(result);
        print({ bench: "equality", ...result }, line(result));
      }
      const sets = new Set(results.map(({ hashes }) => hashes.join(" "))).size;
      const equal = sets === 1;
      const { detections, tracks } = results[0]!;
      print(
        { bench: "equality", cells: results.length, sets, equal },
        `${results.length} cells of ${detections} detections in ${tracks} tracks: ` +
          (equal ? "all equal." : `${sets} different results.`),
      );
      return equal;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

const COLUMNS = ["workers", "batch", "segment", "store", "segments", ...COMPARED];
const WIDTHS = [9, 7, 9, 8, 10, 16, 16, 16];

function header(): string {
  return row(COLUMNS);
}

function line({ workers, batch, segmentSeconds, store, segments, hashes }: CellResult): string {
  const segment = segmentSeconds === 0 ? "whole" : `${segmentSeconds} s`;
  const short = hashes.map((hash) => hash.slice(0, 12));
  return row([String(workers), String(batch), segment, store, String(segments), ...short]);
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(WIDTHS[i]!))
    .join("")
    .trimEnd();
}
