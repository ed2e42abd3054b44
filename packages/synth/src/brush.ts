import type { Canvas, Window } from "./canvas.ts";
import { type ScreenPolygon, scanPolygon } from "./polygon.ts";

/** Draws polygons on a canvas, and counts what an object covers. */
export interface Brush {
  /** Only pixels in here are drawn and counted. */
  window: Window;
  /** Starts an object: what is painted from here on has this id (0: the surroundings). */
  begin(id: number): void;
  /** How many different pixels were covered since `begin`, hidden ones included. */
  covered(): number;
  /** Paints where nothing is nearer. */
  paint(polygon: ScreenPolygon, colour: number): void;
  /** Multiplies colours by factor (0 to 1) where nothing is nearer. */
  darken(polygon: ScreenPolygon, factor: number): void;
  /** Adds light (channels 0 to 255) where nothing is nearer. */
  lighten(polygon: ScreenPolygon, red: number, green: number, blue: number): void;
}

export function createBrush(canvas: Canvas): Brush {
  const { colour, inverseDepth, id } = canvas;
  // Which object last covered a pixel. Serial numbers never repeat, so it is never cleared.
  const stamp = new Uint32Array(colour.length);
  let serial = 0;
  let currentId = 0;
  let covered = 0;
  let ink = 0;
  let factor = 0;
  let red = 0;
  let green = 0;
  let blue = 0;

  const paintSpan = (from: number, to: number, depth: number, step: number): void => {
    for (let i = from; i < to; i++, depth += step) {
      if (stamp[i] !== serial) {
        stamp[i] = serial;
        covered++;
      }
      if (depth >= inverseDepth[i]!) {
        inverseDepth[i] = depth;
        colour[i] = ink;
        id[i] = currentId;
      }
    }
  };
  const darkenSpan = (from: number, to: number, depth: number, step: number): void => {
    for (let i = from; i < to; i++, depth += step) {
      if (depth < inverseDepth[i]!) continue;
      const c = colour[i]!;
      // Red and blue share one multiplication: 8.8 fixed point in the two halves of a word.
      const redBlue = (((c & 0xff00ff) * factor) >>> 8) & 0xff00ff;
      colour[i] = redBlue | ((((c & 0xff00) * factor) >>> 8) & 0xff00);
    }
  };
  const lightenSpan = (from: number, to: number, depth: number, step: number): void => {
    for (let i = from; i < to; i++, depth += step) {
      if (depth < inverseDepth[i]!) continue;
      const c = colour[i]!;
      const r = Math.min(255, (c & 255) + red);
      const g = Math.min(255, ((c >>> 8) & 255) + green);
      const b = Math.min(255, (c >>> 16) + blue);
      colour[i] = (b << 16) | (g << 8) | r;
    }
  };

  return {
    window: { left: 0, top: 0, right: canvas.width, bottom: canvas.height },
    begin(objectId) {
      currentId = objectId;
      covered = 0;
      serial = (serial + 1) >>> 0;
    },
    covered: () => covered,
    paint(polygon, packed) {
      ink = packed;
      scanPolygon(canvas, this.window, polygon, paintSpan);
    },
    darken(polygon, by) {
      factor = Math.round(by * 256);
      scanPolygon(canvas, this.window, polygon, darkenSpan);
    },
    lighten(polygon, r, g, b) {
      red = r;
      green = g;
      blue = b;
      scanPolygon(canvas, this.window, polygon, lightenSpan);
    },
  };
}
