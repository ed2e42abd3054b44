import { withoutFolders } from "@framequeue/contracts";
import { sourceName, sourceUrl } from "../probe/source-file.ts";
import type { SourceFile } from "../probe/source-file.ts";

/** One line of ffmpeg's log as `-loglevel level+…` prints it. */
export interface LogLine {
  readonly level: string;
  /** The text, with the logging component in front where there is one: `mov: moov atom not found`. */
  readonly text: string;
}

const LINE = /^(?:\[(?<component>[^\]]+?)(?: @ 0x[0-9a-f]+)?\] )?\[(?<level>[a-z]+)\] (?<text>.*)$/;
const NESTED_COMPONENT = /^(?:\[[^\]]+ @ 0x[0-9a-f]+\] )+/;

/** Splits a log line; memory addresses are dropped, so that equal faults give equal texts. */
export function parseLogLine(line: string): LogLine | undefined {
  const nested = line.replace(NESTED_COMPONENT, (prefix) => {
    const first = /^\[[^\]]+\] /.exec(prefix);
    return first ? first[0] : prefix;
  });
  const groups = LINE.exec(nested)?.groups;
  if (!groups?.["level"]) return undefined;
  const { component, level, text = "" } = groups;
  return {
    level,
    text: component && component !== "NULL" ? `${component.split(",", 1)[0]}: ${text}` : text,
  };
}

const KEPT_LINES = 40;

/**
 * What tells of damage without being called an error: the demuxer's and ffmpeg's own flags, and an error concealment.
 * It may be where two intact recordings were joined, so it is nothing to tell the user (libavcodec error_resilience.c, libavformat utils.c, fftools ffmpeg.c).
 */
const DAMAGE = /corrupt decoded frame|Packet corrupt|^\w+: concealing \d+/;

/** What ffmpeg complains of in its own output, which says nothing about the source (libavformat mux.c). */
const OWN_OUTPUT = /non monotonically increasing dts to muxer|Non-monotonous DTS in output stream/;

/** Of a program that gets no memory, nor stacks for its threads (libavutil error.c). Damaged headers make it want too much, too. */
const NO_MEMORY =
  /out of memory|(?:Cannot|Could not|Failed to|Unable to) allocate|opening decoder.*Resource temporarily unavailable/i;

/** The last errors that a run reports of the source, without repetitions in a row, and without the folder of the file they speak of. */
export class ErrorLines {
  readonly #lines: string[] = [];
  readonly #source: SourceFile;
  #noMemory = false;

  constructor(source: SourceFile) {
    this.#source = source;
  }

  /** Whether the line tells of damage in the source. */
  add({ level, text }: LogLine): boolean {
    if (level !== "error" && level !== "fatal" && level !== "panic") return DAMAGE.test(text);
    if (OWN_OUTPUT.test(text)) return false;
    this.#noMemory ||= NO_MEMORY.test(text);
    const name = sourceName(this.#source);
    // Others than the source are written beside it: an overlay, a result.
    const bare = withoutFolders(
      text
        .replaceAll(sourceUrl(this.#source), name)
        .replaceAll(`file:${this.#source.path}`, name)
        .replaceAll(this.#source.path, name),
    );
    if (this.#lines.at(-1) !== bare) {
      this.#lines.push(bare);
      if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    }
    return true;
  }

  /** Whether the run got no memory. */
  get noMemory(): boolean {
    return this.#noMemory;
  }

  /** At most 40 lines, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }
}
