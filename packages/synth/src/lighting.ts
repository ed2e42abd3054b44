import { blend, packColour, type Rgb } from "./colour.ts";

/** Sun and sky. Intensities are factors on an albedo in display space. */
export interface Lighting {
  /** Unit vector towards the sun (at night: towards the moon). */
  readonly towardsSun: readonly [number, number, number];
  readonly sun: Rgb;
  readonly ambient: Rgb;
  /** What distance fades into. */
  readonly haze: Rgb;
  /** Distance in metres at which half of a colour is haze. */
  readonly hazeDistance: number;
  /** 0 by day, 1 when lamps are all that lights. */
  readonly darkness: number;
}

/**
 * @param towardsSun unit vector
 * @param overcast 0 is a clear sky, 1 has no shadows
 * @param warmth -1 is a blue morning, 1 an orange evening
 */
export function createLighting(
  towardsSun: readonly [number, number, number],
  overcast: number,
  warmth: number,
  darkness: number,
): Lighting {
  const day = 1 - darkness;
  const sunStrength = (0.86 - 0.56 * overcast) * day * (0.4 + 0.6 * day);
  const skyStrength = (0.66 + 0.24 * overcast) * (0.24 + 0.76 * day * (0.4 + 0.6 * day));
  const bluish = 0.06 + 0.12 * darkness;
  return {
    towardsSun,
    sun: [
      sunStrength * (1 + 0.1 * warmth),
      sunStrength * (0.98 + 0.01 * warmth),
      sunStrength * (0.92 - 0.12 * warmth),
    ],
    ambient: [skyStrength * (1 - bluish), skyStrength, skyStrength * (1 + bluish)],
    haze: blend([0.74 + 0.06 * warmth, 0.79, 0.85 - 0.06 * warmth], [0.06, 0.07, 0.12], darkness),
    hazeDistance: 330 - 160 * overcast,
    darkness,
  };
}

/**
 * The packed colour of a surface.
 *
 * @param sunlight 0 in full shadow to 1 in full sun
 * @param distance metres from the camera
 */
export function shade(
  light: Lighting,
  albedo: Rgb,
  normalX: number,
  normalY: number,
  normalZ: number,
  sunlight: number,
  distance: number,
): number {
  const { towardsSun, sun, ambient, haze } = light;
  const facing = normalX * towardsSun[0] + normalY * towardsSun[1] + normalZ * towardsSun[2];
  const direct = facing > 0 ? facing * sunlight : 0;
  // The sky lights what looks up more than what looks down; the ground throws some back.
  const sky = 0.8 + 0.24 * normalZ;
  const far = distance / (distance + light.hazeDistance);
  const fade = far * far * 1.6 > 1 ? 1 : far * far * 1.6;
  const keep = 1 - fade;
  return packColour(
    albedo[0] * (ambient[0] * sky + sun[0] * direct) * keep + haze[0] * fade,
    albedo[1] * (ambient[1] * sky + sun[1] * direct) * keep + haze[1] * fade,
    albedo[2] * (ambient[2] * sky + sun[2] * direct) * keep + haze[2] * fade,
  );
}
