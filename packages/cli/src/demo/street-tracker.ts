/**
 * Chosen on scenes of their own. Objects of the street pass behind trees and under a bridge for up to two seconds, and
 * the detector's weak detections are more often wrong than hidden objects.
 */
export const STREET_TRACKER = {
  algorithm: "ocsort",
  minScore: 0.6,
  maxAge: 60,
  minHits: 1,
  iouThreshold: 0.2,
  deltaFrames: 10,
  inertia: 0.7,
  refind: true,
} as const;
/** Half a second: what is longer hidden has often turned meanwhile. */
export const STREET_GAP_FRAMES = 15;
