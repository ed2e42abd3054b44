export * from "./compare-jobs.ts";
export {
  type Derivation,
  deriveFormat,
  type KeptFormat,
  requestedFormat,
} from "./derivations/derivation.ts";
export { writeDerivation } from "./derivations/write-derivation.ts";
export {
  type AnyFormat,
  CONDITIONS,
  type Format,
  type Inputs,
  type JobHeader,
  type Need,
  type SceneCounts,
  type Sink,
  type TrackText,
} from "./format.ts";
export { bytesOf } from "./memory-sink.ts";
export { FORMATS, formatOf, mediaTypeOf, namesMade, wantedFormats } from "./formats.ts";
export { summaryJson } from "./formats/summary-json.ts";
export { annotatedMp4 } from "./formats/annotated-mp4.ts";
export { fanOut } from "./rows/fan-out.ts";
export { fillGaps } from "./rows/fill-gaps.ts";
export { toFrameRows } from "./rows/frame-rows.ts";
export { readHeader, readText, type ResultFiles } from "./rows/kept-rows.ts";
