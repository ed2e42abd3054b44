import { execFile } from "node:child_process";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { type AcceptedJob, type ResultOptions, resultOptionsSchema } from "@framequeue/contracts";
import { writeClip } from "../e2e/clip.ts";
import { writeShakyClip } from "../e2e/shaky-clip.ts";

const run = promisify(execFile);

/** A video and the options that change its results: what has one right answer. */
export interface Subject {
  readonly name: string;
  readonly path: string;
  readonly options: ResultOptions;
}

const PLAIN = resultOptionsSchema.parse({});
const NORMALIZED = resultOptionsSchema.parse({ enhance: { normalize: true } });
const FOLLOWING = resultOptionsSchema.parse({
  tracker: { algorithm: "botsort", cameraMotion: true },
});

const SAMPLED = resultOptionsSchema.parse({ everyNth: 3 });

/** Videos of a few seconds, each of its own kind. */
export async function writeSubjects(folder: string, seconds = 8): Promise<Subject[]> {
  const at = (name: string): string => join(folder, name);
  await writeClip(at("b-frames.mp4"), { seconds, gop: 12 });
  // Every fourth frame is missing, so that the times are uneven.
  await ffmpeg(at("b-frames.mp4"), at("uneven.mp4"), [
    ...["-vf", "select='mod(n,4)'", "-fps_mode", "vfr", "-an"],
    ...["-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "20"],
  ]);
  // Packets here need not be frames: decoded in one go.
  await ffmpeg(at("b-frames.mp4"), at("in-one-go.avi"), ["-an", "-c:v", "mpeg4", "-q:v", "4"]);
  await writeShakyClip(at("shaky.mp4"), 150);
  await cut(at("in-one-go.avi"), at("cut off.avi"), 0.6);
  const subject = (name: string, options = PLAIN): Subject => ({ name, path: at(name), options });
  return [
    subject("b-frames.mp4"),
    subject("uneven.mp4"),
    subject("in-one-go.avi"),
    subject("cut off.avi"),
    { ...subject("b-frames.mp4", NORMALIZED), name: "b-frames.mp4, normalized" },
    subject("shaky.mp4", FOLLOWING),
    { ...subject("uneven.mp4", SAMPLED), name: "uneven.mp4, every 3rd frame" },
    { ...subject("cut off.avi", SAMPLED), name: "cut off.avi, every 3rd frame" },
  ];
}

/** The subject that a job is about. */
export function subjectOf({ source, options }: AcceptedJob, subjects: readonly Subject[]): Subject {
  return subjects.find(
    (subject) =>
      source.kind === "file" &&
      source.path === subject.path &&
      isDeepStrictEqual(subject.options, options),
  )!;
}

async function ffmpeg(from: string, to: string, args: readonly string[]): Promise<void> {
  await run("ffmpeg", ["-v", "error", "-y", "-i", from, ...args, to]);
}

/** The first part of a file. */
async function cut(from: string, to: string, share: number): Promise<void> {
  const { size } = await stat(from);
  await using source = await open(from);
  await using target = await open(to, "w");
  const { buffer } = await source.read(Buffer.alloc(Math.floor(size * share)), 0, undefined, 0);
  await target.write(buffer);
}
