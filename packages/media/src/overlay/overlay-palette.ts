/** An sRGB colour, each part 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

const GOLDEN_ANGLE = 137.508;

/**
 * A bright colour that depends on the number alone. Steps of the golden angle keep neighbours apart: any few consecutive
 * numbers have clearly different hues.
 */
export function colourOf(number: number): Rgb {
  const hue = (200 + number * GOLDEN_ANGLE) % 360;
  // Every third turn is a little darker, for when the hues come close again.
  const lightness = 0.62 - 0.07 * (Math.floor(number / 8) % 3);
  return hslToRgb(hue, 0.82, lightness);
}

/** Black or white, whichever reads better on a colour (relative luminance, WCAG 2.2). */
export function inkOn(colour: Rgb): Rgb {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => (part / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.22 ? [16, 16, 16] : [255, 255, 255];
}

function hslToRgb(hue: number, saturation: number, lightness: number): Rgb {
  const amplitude = saturation * Math.min(lightness, 1 - lightness);
  const part = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    return Math.round(255 * (lightness - amplitude * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [part(0), part(8), part(4)];
}
