/**
 * What FFmpeg's H.264 and HEVC decoders say of pictures whose references come before the key frame at which decoding
 * began (libavcodec h264_slice.c, h264_refs.c, h264_direct.c, hevc_refs.c), and ffmpeg of a picture that they flagged for it.
 */
const MISSING_REFERENCE =
  /: corrupt decoded frame in stream|^(h264|hevc): (Missing reference picture|mmco: unref short failure|reference picture missing during reorder|co located POCs unavailable|Could not find ref with POC|number of reference frames)/;

/**
 * Whether an error before a segment's first frame speaks of leading pictures: in an open group they come after the key
 * frame in the file, are shown before it, and belong to the segment before, which has their references.
 */
export function tellsOfLeadingPictures(text: string): boolean {
  return MISSING_REFERENCE.test(text);
}
