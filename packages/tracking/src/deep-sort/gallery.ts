import { cosineDistance } from "../appearance/appearance.ts";
import type { Feature } from "../appearance/appearance.ts";

/** The looks of a track, oldest first. */
export type Gallery = readonly Feature[];

/** The smallest distance to anything in the gallery; infinite where there is nothing to compare. */
export function galleryDistance(gallery: Gallery, feature: Feature | undefined): number {
  let nearest = Number.POSITIVE_INFINITY;
  if (feature === undefined) return nearest;
  for (const known of gallery) nearest = Math.min(nearest, cosineDistance(known, feature));
  return nearest;
}

/** The gallery with new looks, of which only the latest `size` are kept. */
export function extendGallery(
  gallery: Gallery,
  feature: Feature | undefined,
  size: number,
): Gallery {
  if (feature === undefined) return gallery;
  return [...gallery, feature].slice(-size);
}
