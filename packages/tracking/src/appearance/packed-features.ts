import type { Feature } from "./appearance.ts";

/**
 * A feature in a checkpoint: its 32-bit floats, least byte first, in base64. Checkpoints of version 1 have its numbers.
 */
export type SavedFeature = string | readonly number[];

/**
 * Features of one length in a checkpoint: how many, and the floats of all, one after the other. Checkpoints of version 1
 * have a list for each.
 */
export type SavedGallery =
  { readonly looks: number; readonly floats: string } | readonly (readonly number[])[];

const BYTES = Float32Array.BYTES_PER_ELEMENT;

export function packFeature(feature: Feature): string {
  return Buffer.from(feature.buffer, feature.byteOffset, feature.byteLength).toString("base64");
}

/** @param saved as `isSavedFeature` accepts it */
export function unpackFeature(saved: SavedFeature): Feature {
  if (typeof saved !== "string") return Float32Array.from(saved);
  return new Float32Array(Uint8Array.from(Buffer.from(saved, "base64")).buffer);
}

/** @throws RangeError if the features differ in length: they are of different models */
export function packGallery(gallery: readonly Feature[]): SavedGallery {
  const length = gallery[0]?.length ?? 0;
  const all = new Float32Array(gallery.length * length);
  for (const [i, feature] of gallery.entries()) {
    if (feature.length !== length) throw new RangeError("a gallery holds features of one length");
    all.set(feature, i * length);
  }
  return { looks: gallery.length, floats: packFeature(all) };
}

/** @param saved as `isSavedGallery` accepts it */
export function unpackGallery(saved: SavedGallery): Feature[] {
  if (!("looks" in saved)) return saved.map(unpackFeature);
  const all = unpackFeature(saved.floats);
  const length = all.length / Math.max(1, saved.looks);
  // Copies, because a gallery loses its oldest look while later ones stay.
  return Array.from({ length: saved.looks }, (_, i) => all.slice(i * length, (i + 1) * length));
}

/** Whether something read from a checkpoint is a feature. */
export function isSavedFeature(saved: unknown): saved is SavedFeature {
  if (Array.isArray(saved)) return saved.length > 0 && saved.every(Number.isFinite);
  const floats = countFloats(saved);
  return floats !== undefined && floats > 0;
}

/** Whether something read from a checkpoint is a gallery. */
export function isSavedGallery(saved: unknown): saved is SavedGallery {
  if (Array.isArray(saved)) return saved.every(isSavedFeature);
  if (typeof saved !== "object" || saved === null) return false;
  const { looks, floats } = saved as { looks?: unknown; floats?: unknown };
  if (!Number.isSafeInteger(looks) || (looks as number) < 0) return false;
  const count = countFloats(floats);
  if (count === undefined) return false;
  return looks === 0 ? count === 0 : count > 0 && count % (looks as number) === 0;
}

/** How many floats a text holds; undefined where it is none, or not of whole floats. */
function countFloats(text: unknown): number | undefined {
  if (typeof text !== "string" || text.length % 4 !== 0) return undefined;
  const bytes = Buffer.byteLength(text, "base64");
  return bytes % BYTES === 0 ? bytes / BYTES : undefined;
}
