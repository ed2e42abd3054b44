/** Boxes that a picture's outputs propose, in input pixels. The room is reused from picture to picture. */
export class Candidates {
  #boxes = new Float32Array(4 * 256);
  #scores = new Float32Array(256);
  #classIds = new Int32Array(256);
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

  clear(): void {
    this.#count = 0;
  }

  add(x1: number, y1: number, x2: number, y2: number, score: number, classId: number): void {
    if (this.#count === this.#scores.length) this.#grow();
    const index = this.#count++;
    const at = 4 * index;
    this.#boxes[at] = x1;
    this.#boxes[at + 1] = y1;
    this.#boxes[at + 2] = x2;
    this.#boxes[at + 3] = y2;
    this.#scores[index] = score;
    this.#classIds[index] = classId;
  }

  #grow(): void {
    const room = 2 * this.#scores.length;
    const [boxes, scores, classIds] = [this.#boxes, this.#scores, this.#classIds];
    this.#boxes = new Float32Array(4 * room);
    this.#scores = new Float32Array(room);
    this.#classIds = new Int32Array(room);
    this.#boxes.set(boxes);
    this.#scores.set(scores);
    this.#classIds.set(classIds);
  }
}
