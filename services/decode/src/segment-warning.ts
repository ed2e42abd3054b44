import type { Size } from "@framequeue/contracts";
import type { DecodeReport } from "@framequeue/media";
import type { Plan } from "@framequeue/pipeline";

/** What of a pass the user is to know; undefined where it went as it should. */
export function warningOf(
  { errors, shapes, truncated }: DecodeReport,
  { media, ffmpeg = "" }: Plan,
  own: string,
): string | undefined {
  const said = [
    ...(truncated && errors.length === 0
      ? ["The file ends before its headers say that it does."]
      : []),
    ...(errors.length === 0 ? [] : [`The decoder reported errors; the last: ${errors.at(-1)}`]),
    ...(shapes.length < 2 ? [] : [reshaped(shapes, media)]),
    ...(ffmpeg === "" || ffmpeg === own ? [] : [mixed(ffmpeg, own)]),
  ];
  return said.length === 0 ? undefined : said.join(" ");
}

function mixed(planned: string, own: string): string {
  return `It was planned with ffmpeg ${planned} and decoded, in part at least, with ffmpeg ${own}: another run may differ in the last bits.`;
}

function reshaped(shapes: DecodeReport["shapes"], { width, height }: Size): string {
  const [first, second] = shapes.map((shape) => `${shape.width}x${shape.height}`);
  return (
    `The pictures change their size or shape on the way, first from ${first} to ${second} at frame ${shapes[1]!.frame}. ` +
    `Each is shown whole in ${width}x${height}, in which all boxes are.`
  );
}
