/** Boxes that a picture's outputs propose, in input pixels. The room is reused from picture to picture. */
export class Candidates {
  #boxes = new Float32Array(4 * 256);
  #scores = new Float32Array(256);
  #classIds = new Int32Array(256);
  #places = new Int32Array(256);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** `[n, 4]`: x1, y1, x2, y2. Valid until the next `add` or `clear`, like the others. */
  get boxes(): Float32Array {
    return this.#boxes.subarray(0, 4 * this.#count);
  }

  /** `[n]`. */
  get scores(): Float32Array {
    return this.#scores.subarray(0, this.#count);
  }

  /** `[n]`. */
  get classIds(): Int32Array {
    return this.#classIds.subarray(0, this.#count);
  }

  /** `[n]`: where in the outputs each stands. */
  get places(): Int32Array {
    return this.#places.subarray(0, this.#count);
  }

  clear(): void {
    this.#count = 0;
  }

  /** @param place row, column or query of the outputs, by which other outputs belong to it */
  add(
    x1: number,
    y1: number,
    x2: number,
    y2: number,
    score: number,
    classId: number,
    place: number,
  ): void {
    if (this.#count === this.#scores.length) this.#grow();
    const index = this.#count++;
    const at = 4 * index;
    this.#boxes[at] = x1;
    this.#boxes[at + 1] = y1;
    this.#boxes[at + 2] = x2;
    this.#boxes[at + 3] = y2;
    this.#scores[index] = score;
    this.#classIds[index] = classId;
    this.#places[index] = place;
  }

  #grow(): void {
    const room = 2 * this.#scores.length;
    const grown = <T extends Float32Array | Int32Array>(wider: T, from: T): T => {
      wider.set(from);
      return wider;
    };
    this.#boxes = grown(new Float32Array(4 * room), this.#boxes);
    this.#scores = grown(new Float32Array(room), this.#scores);
    this.#classIds = grown(new Int32Array(room), this.#classIds);
    this.#places = grown(new Int32Array(room), this.#places);
  }
}
