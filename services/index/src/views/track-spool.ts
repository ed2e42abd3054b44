import { open } from "node:fs/promises";
import {
  labelOf,
  type PartRow,
  type ResultBox,
  type TrackRow,
  type TrackTuple,
} from "@framequeue/contracts";
import type { TrackText } from "@framequeue/outputs";
import { roundTo, scoreDecimals } from "@framequeue/vision";

/** A track without its path, as far as its frames have come. */
interface Gathered {
  readonly trackId: number;
  readonly classId: number;
  readonly first: { readonly frame: number; readonly pts: number };
  last: { frame: number; pts: number };
  observed: number;
  scores: number;
  bestValue: number;
  best: { frame: number; box: ResultBox };
  /** End of the path, as JSON text without brackets around it. */
  tail: string;
  /** Where in the file what goes before the tail is: position and length of each piece. */
  readonly pieces: { readonly at: number; readonly bytes: number }[];
}

/** Characters of a path that are worth a write of their own. */
const PIECE = 2_048;
/** Characters that all tails together may have: tracks that are over leave theirs behind. */
const TAILS = 1 << 18;

/**
 * Gathers the frames of each track. The paths wait in a file, because a track may be as long as the video; in memory is
 * a few hundred bytes per track, and a bounded number of characters.
 */
export class TrackSpool implements AsyncDisposable {
  readonly #file: Awaited<ReturnType<typeof open>>;
  readonly #tracks = new Map<number, Gathered>();
  #end = 0;
  #tails = 0;

  private constructor(file: Awaited<ReturnType<typeof open>>) {
    this.#file = file;
  }

  /** `path`: a scratch file of the caller's, in a folder that the caller removes. */
  static async open(path: string): Promise<TrackSpool> {
    return new TrackSpool(await open(path, "w+"));
  }

  /** Frames come in order. One call at a time. */
  async add(row: PartRow): Promise<void> {
    if ("gap" in row) return;
    for (const tuple of row.tracks) {
      const track = this.#observe(row.frame, row.pts, tuple);
      if (track.tail.length >= PIECE) await this.#spill([track]);
    }
    if (this.#tails >= TAILS) await this.#spill(this.#tracks.values());
  }

  get count(): number {
    return this.#tracks.size;
  }

  /** The frame in which a track was seen last, of those that have come. */
  lastFrameOf(trackId: number): number {
    return this.#tracks.get(trackId)!.last.frame;
  }

  /**
   * By track id. Each path is to be read before the next track is asked for.
   *
   * @param attributesOf what a classifier says of a track
   */
  async *rows(
    labels: readonly string[],
    attributesOf: (trackId: number) => TrackRow["attributes"] = () => undefined,
  ): AsyncGenerator<TrackText> {
    const ids = [...this.#tracks.keys()].sort((a, b) => a - b);
    for (const id of ids) {
      const track = this.#tracks.get(id)!;
      const { trackId, classId, first, last, observed, scores, best } = track;
      const attributes = attributesOf(trackId);
      yield {
        row: {
          trackId,
          classId,
          label: labelOf(labels, classId),
          score: observed === 0 ? 0 : roundTo(scores / observed, scoreDecimals),
          first,
          last,
          observed,
          ...(attributes && { attributes }),
          best,
        },
        path: { [Symbol.asyncIterator]: () => this.#pathOf(track) },
      };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  #observe(
    frame: number,
    pts: number,
    [trackId, x, y, width, height, classId, score, detection]: TrackTuple,
  ): Gathered {
    const box: ResultBox = [x, y, width, height];
    let track = this.#tracks.get(trackId);
    if (track === undefined) {
      track = {
        trackId,
        classId,
        first: { frame, pts },
        last: { frame, pts },
        observed: 0,
        scores: 0,
        bestValue: -1,
        best: { frame, box },
        tail: "",
        pieces: [],
      };
      this.#tracks.set(trackId, track);
    }
    track.last = { frame, pts };
    const isSeen = detection >= 0;
    if (isSeen) {
      track.observed++;
      track.scores += score;
    }
    const value = score * width * height;
    if (isSeen && value > track.bestValue) {
      track.bestValue = value;
      track.best = { frame, box };
    }
    const point = JSON.stringify(isSeen ? [frame, ...box] : [frame, ...box, 0]);
    const isFirst = track.tail === "" && track.pieces.length === 0;
    const text = isFirst ? point : `,${point}`;
    track.tail += text;
    this.#tails += text.length;
    return track;
  }

  /** Moves tails into the file, with one write for all. */
  async #spill(tracks: Iterable<Gathered>): Promise<void> {
    const texts: string[] = [];
    let at = this.#end;
    for (const track of tracks) {
      const { tail } = track;
      if (tail === "") continue;
      texts.push(tail);
      // JSON of numbers: a character is a byte.
      track.pieces.push({ at, bytes: tail.length });
      at += tail.length;
      track.tail = "";
    }
    const bytes = Buffer.from(texts.join(""), "latin1");
    this.#tails -= bytes.length;
    await this.#file.writeFile(bytes);
    this.#end = at;
  }

  async *#pathOf({ pieces, tail }: Gathered): AsyncGenerator<string> {
    for (const { at, bytes } of pieces) {
      const { buffer } = await this.#file.read(Buffer.allocUnsafe(bytes), 0, bytes, at);
      yield buffer.toString("latin1");
    }
    if (tail !== "") yield tail;
  }
}
