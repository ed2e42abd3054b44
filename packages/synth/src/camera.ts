import { cosine, sine } from "./trigonometry.ts";

/**
 * A pinhole camera over the world: x to the right across the road, y along it, z up, in metres.
 * The picture plane is the canvas, in its (supersampled) pixels.
 */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Focal length and principal point in canvas pixels. */
  readonly focal: number;
  readonly centreX: number;
  readonly centreY: number;
  /** Unit vectors: to the right of the picture, up in it, and into it. */
  readonly right: readonly [number, number, number];
  readonly up: readonly [number, number, number];
  readonly forward: readonly [number, number, number];
}

export interface CameraPose {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Radians; 0 looks along the road, positive turns towards +x. */
  readonly yaw: number;
  /** Radians below the horizon. */
  readonly pitch: number;
}

export function createCamera(
  pose: CameraPose,
  focal: number,
  centreX: number,
  centreY: number,
): Camera {
  const sy = sine(pose.yaw);
  const cy = cosine(pose.yaw);
  const sp = sine(pose.pitch);
  const cp = cosine(pose.pitch);
  return {
    x: pose.x,
    y: pose.y,
    z: pose.z,
    focal,
    centreX,
    centreY,
    right: [cy, -sy, 0],
    up: [sy * sp, cy * sp, cp],
    forward: [sy * cp, cy * cp, -sp],
  };
}

/** Writes the canvas x, canvas y and depth (metres along the optical axis) of a world point. */
export function project(
  camera: Camera,
  x: number,
  y: number,
  z: number,
  target: Float64Array,
  offset: number,
): void {
  const { right, up, forward } = camera;
  const dx = x - camera.x;
  const dy = y - camera.y;
  const dz = z - camera.z;
  const depth = dx * forward[0] + dy * forward[1] + dz * forward[2];
  const scale = camera.focal / (depth > 1e-6 ? depth : 1e-6);
  target[offset] = camera.centreX + (dx * right[0] + dy * right[1] + dz * right[2]) * scale;
  target[offset + 1] = camera.centreY - (dx * up[0] + dy * up[1] + dz * up[2]) * scale;
  target[offset + 2] = depth;
}
