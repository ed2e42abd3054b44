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

/** The last error lines of a run, without repetitions in a row, and without the folder of the file they speak of. */
export class ErrorLines {
  readonly #lines: string[] = [];
  readonly #path: string;
  readonly #name: string;

  constructor(path: string, name: string) {
    this.#path = path;
    this.#name = name;
  }

  add(line: LogLine): void {
    if (line.level !== "error" && line.level !== "fatal" && line.level !== "panic") return;
    const text = line.text
      .replaceAll(`file:${this.#path}`, this.#name)
      .replaceAll(this.#path, this.#name);
    if (this.#lines.at(-1) === text) return;
    this.#lines.push(text);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
  }

  /** At most 40 lines, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }
}
