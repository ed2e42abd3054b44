import type { Size } from "../box.ts";
import { findCorners } from "./corners.ts";
import { describeCorners, DESCRIPTION_MARGIN, DESCRIPTION_WORDS } from "./describe.ts";
import { lumaOf } from "./luma.ts";
import { sharpenCorner } from "./sharpen-corner.ts";

/**
 * Points of a picture that are found again in the next: a small thing by which two pictures can be laid over each other
 * without having the pixels of both.
 */
export interface Landmarks {
  /** x and y of each, as shares of the picture's width and height in steps of 1/65536. */
  readonly positions: Uint16Array;
  /** `DESCRIPTION_WORDS` for each. */
  readonly descriptions: Uint32Array;
}

/** Most pixels of the longer side that is looked at: more cost time and tell no more. */
const MAX_SIDE = 480;
/** Cells along the longer side, and most landmarks of each. */
const CELLS = 10;
const PER_CELL = 3;
const STEPS = 65_536;
const BYTES = 4 + 4 * DESCRIPTION_WORDS;

/**
 * Landmarks of a picture: at most three of each square of a tenth of its longer side, after it was made smaller to at most
 * 480 pixels. The same on every machine.
 *
 * @param planes green, blue and red, one after the other
 */
export function findLandmarks(planes: Uint8Array, size: Size): Landmarks {
  const luma = lumaOf(planes, size, MAX_SIDE);
  const cell = Math.max(1, Math.ceil(Math.max(luma.width, luma.height) / CELLS));
  const corners = findCorners(luma, DESCRIPTION_MARGIN, cell, PER_CELL);
  const positions = new Uint16Array(2 * corners.length);
  for (const [i, corner] of corners.entries()) {
    const { x, y } = sharpenCorner(luma, corner);
    positions[2 * i] = Math.round(((x + 0.5) / luma.width) * STEPS);
    positions[2 * i + 1] = Math.round(((y + 0.5) / luma.height) * STEPS);
  }
  return { positions, descriptions: describeCorners(luma, corners) };
}

/** Where landmarks are in a picture of that size: x and y of each, pixels. */
export function placesOfLandmarks({ positions }: Landmarks, { width, height }: Size): Float64Array {
  return Float64Array.from(
    positions,
    (share, i) => (share * (i % 2 === 0 ? width : height)) / STEPS,
  );
}

/** Those whose index is named. */
export function pickLandmarks(
  { positions, descriptions }: Landmarks,
  indices: readonly number[],
): Landmarks {
  const of = (all: Uint16Array | Uint32Array, width: number): number[] =>
    indices.flatMap((i) => Array.from(all.subarray(i * width, (i + 1) * width)));
  return {
    positions: Uint16Array.from(of(positions, 2)),
    descriptions: Uint32Array.from(of(descriptions, DESCRIPTION_WORDS)),
  };
}

/** As text: for each the position, then the description, least byte first, in base64. */
export function encodeLandmarks({ positions, descriptions }: Landmarks): string {
  const count = positions.length / 2;
  const bytes = Buffer.alloc(count * BYTES);
  for (let i = 0, at = 0; i < count; i++, at += BYTES) {
    bytes.writeUInt16LE(positions[2 * i]!, at);
    bytes.writeUInt16LE(positions[2 * i + 1]!, at + 2);
    for (let word = 0; word < DESCRIPTION_WORDS; word++) {
      bytes.writeUInt32LE(descriptions[i * DESCRIPTION_WORDS + word]!, at + 4 + 4 * word);
    }
  }
  return bytes.toString("base64");
}

/** @throws RangeError if the text holds no landmarks */
export function decodeLandmarks(text: string): Landmarks {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length % BYTES !== 0) throw new RangeError("the text holds no landmarks");
  const count = bytes.length / BYTES;
  const positions = new Uint16Array(2 * count);
  const descriptions = new Uint32Array(DESCRIPTION_WORDS * count);
  for (let i = 0, at = 0; i < count; i++, at += BYTES) {
    positions[2 * i] = bytes.readUInt16LE(at);
    positions[2 * i + 1] = bytes.readUInt16LE(at + 2);
    for (let word = 0; word < DESCRIPTION_WORDS; word++) {
      descriptions[i * DESCRIPTION_WORDS + word] = bytes.readUInt32LE(at + 4 + 4 * word);
    }
  }
  return { positions, descriptions };
}
