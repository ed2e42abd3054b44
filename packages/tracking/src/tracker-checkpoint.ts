import { needsLooks, type TrackerName, type TrackerOptions } from "@framequeue/contracts";
import type { ByteState } from "./byte/byte-association.ts";
import type { DeepSortState } from "./deep-sort/deep-sort.ts";
import { sortFilterLength } from "./motion/kalman-sort.ts";
import { xyahMotion } from "./motion/kalman-xyah.ts";
import { xywhMotion } from "./motion/kalman-xywh.ts";
import type { OcSortState } from "./oc-sort/oc-sort.ts";
import { isSavedFeature, isSavedGallery } from "./appearance/packed-features.ts";
import type { RememberedTrack } from "./appearance/recall.ts";
import type { SortState } from "./sort/sort.ts";
import type { StillAnchor } from "./still-tracks.ts";

/** Of the checkpoint's algorithm. */
export type AssociationState = SortState | OcSortState | DeepSortState | ByteState;

/**
 * 2 where features are held, packed (see packed-features.ts): what knows only 1 would misread them. 1 elsewhere, and of
 * trackers that held their features as numbers, which can be read still.
 */
export type CheckpointVersion = 1 | 2;

/**
 * All that a tracker knows between two frames, as plain JSON data. A tracker restored from it gives
 * the same numbers, bit for bit, as the one that saved it.
 */
export interface TrackerCheckpoint {
  readonly version: CheckpointVersion;
  readonly algorithm: TrackerName;
  readonly perClass: boolean;
  /** Frames seen, those without detections included. */
  readonly frame: number;
  readonly nextTrackId: number;
  /** By ascending class id; a single group of class null where classes are not told apart. */
  /** Of tracks that live, where what stands still is hidden. */
  readonly still?: readonly StillAnchor[];
  /** Tracks that live or are remembered, where they are. */
  readonly remembered?: readonly RememberedTrack[];
  readonly groups: readonly { readonly classId: number | null; readonly state: AssociationState }[];
}

/** A checkpoint that cannot be resumed: another version, made with other options, or damaged. */
export class TrackerCheckpointError extends Error {
  override readonly name = "TrackerCheckpointError";
  readonly code = "tracker-checkpoint-unusable";
  readonly retryable = false;
}

/** A checkpoint of a version that is yet to come: whoever wrote it can go on from it. */
export class NewerCheckpointError extends TrackerCheckpointError {}

/** The version in which a tracker saves. */
export function checkpointVersion(options: TrackerOptions): CheckpointVersion {
  return needsLooks(options) ? 2 : 1;
}

/** @throws TrackerCheckpointError */
export function checkTrackerCheckpoint(
  checkpoint: TrackerCheckpoint,
  options: TrackerOptions,
): void {
  const { version, algorithm, perClass, frame, nextTrackId, groups } = checkpoint;
  if (version !== 1 && version !== 2) {
    const problem = `checkpoint has version ${String(version)}, expected 1 or 2`;
    throw Number.isSafeInteger(version) && version > 2
      ? new NewerCheckpointError(problem)
      : new TrackerCheckpointError(problem);
  }
  if (algorithm !== options.algorithm || perClass !== options.perClass) {
    throw new TrackerCheckpointError(
      `checkpoint was made with ${describe({ algorithm, perClass })}, not ${describe(options)}`,
    );
  }
  const isWhole =
    Number.isSafeInteger(frame) &&
    Number.isSafeInteger(nextTrackId) &&
    Array.isArray(groups) &&
    (checkpoint.remembered ?? []).every(({ feature }) => isSavedFeature(feature)) &&
    checkpoint.groups.every(({ state }) => isState(state, algorithm));
  if (!isWhole) throw new TrackerCheckpointError("checkpoint is damaged");
}

function describe({ algorithm, perClass }: Pick<TrackerOptions, "algorithm" | "perClass">): string {
  return `${algorithm}, ${perClass ? "each class on its own" : "all classes together"}`;
}

function isState(state: AssociationState, algorithm: TrackerName): boolean {
  switch (algorithm) {
    case "sort":
      return "tracks" in state && haveFilters(state.tracks, sortFilterLength);
    case "ocsort":
      return (
        "tracks" in state &&
        haveFilters(state.tracks, sortFilterLength) &&
        state.tracks.every((track) => "sightings" in track && Array.isArray(track.sightings))
      );
    case "deepsort":
      return (
        "tracks" in state &&
        haveFilters(state.tracks, xyahMotion.length) &&
        state.tracks.every((track) => "gallery" in track && isSavedGallery(track.gallery))
      );
    case "bytetrack":
      return isByteState(state, xyahMotion.length);
    case "botsort":
      return isByteState(state, xywhMotion.length);
  }
}

function isByteState(state: AssociationState, length: number): boolean {
  return (
    "lost" in state &&
    [state.tracked, state.lost].every(
      (tracks) =>
        haveFilters(tracks, length) &&
        tracks.every(({ feature }) => feature === undefined || isSavedFeature(feature)),
    )
  );
}

function haveFilters(tracks: readonly { filter: readonly number[] }[], length: number): boolean {
  return (
    Array.isArray(tracks) &&
    tracks.every(({ filter }) => filter.length === length && filter.every(Number.isFinite))
  );
}
