import {
  analyticsEventSchema,
  frameFileRowSchema,
  type JobResult,
  trackRowSchema,
  viewRowSchema,
} from "@framequeue/contracts";
import type { z } from "zod";
import type { Inputs, JobHeader, TrackText } from "../format.ts";
import { parseHeader } from "./header-line.ts";
import { TextReader } from "./text-reader.ts";

/** Where result files are read: an object store, as far as it matters here. */
export interface ResultFiles {
  read(key: string): AsyncIterable<Uint8Array>;
}

/** What can be read again of a job that has ended, and from which of its files. */
export const KEPT = {
  frames: "frames.jsonl",
  tracks: "tracks.jsonl",
  views: "views.jsonl",
  events: "events.jsonl",
} as const satisfies Partial<Record<keyof Inputs, string>>;
export type KeptNeed = keyof typeof KEPT;

type Artifact = JobResult["artifacts"][string];

/** The first line of a file of rows. */
export async function readHeader(files: ResultFiles, { key }: Artifact): Promise<JobHeader> {
  await using text = new TextReader(files.read(key));
  return parseHeader((await text.until("\n")) ?? "");
}

/** A file that is small enough to be held whole. */
export async function readText(files: ResultFiles, { key }: Artifact): Promise<string> {
  await using text = new TextReader(files.read(key));
  return await text.rest();
}

const trackSchema = trackRowSchema.omit({ path: true });

/** Rows of files that jobs left: the same as while they ran. Each iteration reads the file anew. */
export const keptRows: {
  readonly [N in KeptNeed]: (files: ResultFiles, artifact: Artifact) => Inputs[N];
} = {
  frames: (files, artifact) => rowsOf(files, artifact, frameFileRowSchema),
  views: (files, artifact) => rowsOf(files, artifact, viewRowSchema),
  events: (files, artifact) => rowsOf(files, artifact, analyticsEventSchema),
  tracks: (files, { key }) => again(() => trackTexts(files.read(key))),
};

function rowsOf<T>(files: ResultFiles, { key }: Artifact, schema: z.ZodType<T>): AsyncIterable<T> {
  return again(async function* () {
    await using text = new TextReader(files.read(key));
    await text.until("\n");
    for (let line = await text.until("\n"); line !== undefined; line = await text.until("\n")) {
      yield schema.parse(JSON.parse(line));
    }
  });
}

async function* trackTexts(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TrackText> {
  await using text = new TextReader(chunks);
  await text.until("\n");
  // No text within a row reads like this: its quotation marks are escaped.
  for (;;) {
    const row = await text.until(`,"path":[`);
    if (row === undefined) return;
    const path = text.piecesUntil("]}\n");
    yield { row: trackSchema.parse(JSON.parse(`${row}}`)), path };
    // What was not read of it.
    for await (const _ of path);
  }
}

function again<T>(open: () => AsyncIterator<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: open };
}
