import { basename } from "node:path";

/** A local file as every pass over it is to read it. */
export interface SourceFile {
  readonly path: string;
  /** Only the first so many bytes: what a file has grown by since is not there. Absent: all of it. */
  readonly bytes?: number | undefined;
}

/** The file as ffmpeg is to open it: `file:` keeps a colon in a path from naming a protocol. */
export function sourceUrl({ path, bytes }: SourceFile): string {
  return bytes === undefined ? `file:${path}` : `subfile,,start,0,end,${bytes},,:${path}`;
}

export function sourceName({ path }: SourceFile): string {
  return basename(path);
}

/** A plain path is a whole file. */
export function asSourceFile(source: SourceFile | string): SourceFile {
  return typeof source === "string" ? { path: source } : source;
}
