/** Red, green, blue, each 0 to 1, in display space. */
export type Rgb = readonly [number, number, number];

/** Packs a colour as the canvas holds it: 0x00BBGGRR. Channels are clamped. */
export function packColour(red: number, green: number, blue: number): number {
  return (toByte(blue) << 16) | (toByte(green) << 8) | toByte(red);
}

function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 1 ? 255 : (value * 255 + 0.5) | 0;
}

/** The colour a fraction t of the way from a to b. */
export function blend(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

export function scaled(colour: Rgb, factor: number): Rgb {
  return [colour[0] * factor, colour[1] * factor, colour[2] * factor];
}
