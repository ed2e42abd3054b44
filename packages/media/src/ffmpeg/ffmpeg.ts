import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { ProblemError } from "@framequeue/contracts";
import { neverStarted, tiedCommand } from "@framequeue/lifetime";
import FfmpegCommand from "fluent-ffmpeg";
import { LineSplitter } from "./line-splitter.ts";
import { ErrorLines, parseLogLine } from "./log-lines.ts";
import { sourceUrl } from "../probe/source-file.ts";
import type { SourceFile } from "../probe/source-file.ts";
import { toolMemoryBytes } from "./tool-bounds.ts";

/** Where the two programs are: a name that is looked up in PATH, or a path. */
export interface MediaTools {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** How long either may run without a packet or a picture to show for it, in milliseconds; default {@link SILENCE_MS}. */
  readonly silenceMs?: number;
}

export const DEFAULT_TOOLS: MediaTools = { ffmpeg: "ffmpeg", ffprobe: "ffprobe" };

/** An ffmpeg command with one input and one output, its options in ffmpeg's own order. */
export interface FfmpegArguments {
  readonly input: readonly string[];
  /** The local file that is read; or what goes to stdin, at the pace at which ffmpeg reads it. */
  readonly source: SourceFile | Readable;
  readonly output: readonly string[];
  /** Path of the file that is written; absent: stdout. */
  readonly target?: string;
}

export interface FfprobeArguments {
  readonly options: readonly string[];
  readonly source: SourceFile;
}

export interface ToolOptions {
  readonly tools?: MediaTools | undefined;
  /** Kills the program when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Kills the program when it has run for so long. */
  readonly deadlineMs?: number | undefined;
  /** Memory that the program may take, where the system can bound it; absent: what looking into a source may take. */
  readonly memoryBytes?: number | undefined;
}

export interface ToolExit {
  /** Exit status; null where a signal ended the program. */
  readonly code: number | null;
  /** Why it was killed from here; undefined where it ended by itself. */
  readonly stoppedBy: "abort" | "deadline" | "output" | "caller" | undefined;
  /** The last error lines of the log (at most 40), with base names for paths. */
  readonly errors: readonly string[];
  /** Somebody else killed it, say the kernel for want of memory, which says nothing about what it read. */
  readonly isKilled?: true;
  /** It failed, and wanted more memory than it got; absent: neither, or nobody says so. */
  readonly noMemory?: true;
}

/** A program that runs. `exited` settles once it is gone, and rejects only where it could not be started. */
export interface ToolRun {
  readonly exited: Promise<ToolExit>;
  /** SIGKILL, because a decoder that hangs ignores anything gentler. */
  kill(): void;
}

/** The parts of fluent-ffmpeg that its types leave out. */
interface RunningCommand {
  readonly ffmpegProc?: ChildProcess;
}

type Ended = (error: Error | null, stdout?: LogText, stderr?: LogText) => void;
interface LogText {
  get(): string;
}
type Spawn = (args: string[], options: object, started: object, ended: Ended) => void;

/**
 * fluent-ffmpeg lists ffmpeg's formats and encoders before the first command of a process (110 ms), checks options that
 * are fixed here, and looks for ffmpeg in the environment and keeps what it finds for the whole process. All of it is cut
 * out: ffmpeg's own message about a missing encoder is good enough, and the path is an argument. It also throws out of
 * reach of any handler where ffmpeg cannot be started, because it then reads a log that is not there.
 */
function createCommand(ffmpeg: string, memoryBytes: number): FfmpegCommand.FfmpegCommand {
  const command = FfmpegCommand({ stdoutLines: 1 }) as FfmpegCommand.FfmpegCommand & {
    _spawnFfmpeg: Spawn;
  };
  // oxlint-disable-next-line no-underscore-dangle -- the name is fluent-ffmpeg's
  const spawnFfmpeg: Spawn = command._spawnFfmpeg.bind(command);
  const noLog: LogText = { get: () => "" };
  const tied = (args: readonly string[]) => tiedCommand(ffmpeg, args, { memoryBytes });
  return Object.assign(command, {
    _getFfmpegPath: (callback: (error: null, path: string) => void) =>
      callback(null, tied([]).program),
    _checkCapabilities: (callback: (error: null) => void) => callback(null),
    availableEncoders: (callback: (error: null, encoders: object) => void) => callback(null, {}),
    _spawnFfmpeg: ((args, options, started, ended) => {
      spawnFfmpeg([...tied(args).args], options, started, (error, stdout = noLog, stderr = noLog) =>
        ended(error, stdout, stderr),
      );
    }) satisfies Spawn,
  });
}

/**
 * Runs ffmpeg. `stdout` takes the output where there is no target; while it does not ask for more, ffmpeg waits.
 * It must be made with `emitClose: false`: fluent-ffmpeg kills an ffmpeg that has not exited 20 ms after that event.
 * A stream as source must not fail, because fluent-ffmpeg reports that before ffmpeg is gone, and is destroyed by
 * whoever made it, because ffmpeg may end before it does. `onLine` gets every line of stderr as it comes.
 */
export function runFfmpeg(
  args: FfmpegArguments,
  options: ToolOptions & {
    stdout?: Writable;
    onLine?: (line: string) => void;
    /** Whether an error line is none after all; asked as the line comes. */
    excuses?: (text: string) => boolean;
    /** Called with each line that tells of damage in the source, as it comes. */
    onDamage?: () => void;
  },
): ToolRun {
  const tools = options.tools ?? DEFAULT_TOOLS;
  const { source, target } = args;
  const file = "path" in source ? source : { path: target ?? "pipe:0" };
  const errors = new ErrorLines(file);
  const command = createCommand(tools.ffmpeg, options.memoryBytes ?? toolMemoryBytes(0));
  // Two or more arguments are taken as they are; a single one would be split at its space.
  command
    .input("path" in source ? sourceUrl(source) : source)
    .inputOptions("-hide_banner", "-nostdin", ...args.input);
  command.outputOptions("-y", "-nostats", ...args.output);
  if (target !== undefined) command.output(`file:${target}`);
  else if (options.stdout) command.output(options.stdout, { end: true });
  else throw new TypeError("A command without a target needs a stdout.");

  return supervise("ffmpeg", errors, options, (finish) => {
    let child: ChildProcess | undefined;
    let killed = false;
    const kill = () => {
      killed = true;
      child?.kill("SIGKILL");
    };
    command.on("start", () => {
      child = (command as RunningCommand).ffmpegProc;
      if (killed) kill();
    });
    command.on("stderr", (line: string) => {
      const parsed = parseLogLine(line);
      if (parsed && !options.excuses?.(parsed.text) && errors.add(parsed)) options.onDamage?.();
      options.onLine?.(line);
    });
    command.on("end", () => finish({ code: 0, signal: null }));
    command.on("error", (error: Error) => {
      // Only what the operating system refused has a code: no such program, not executable.
      const { exitCode = null, signalCode = null } = child ?? {};
      finish("code" in error ? { error } : { code: exitCode, signal: signalCode });
    });
    command.run();
    return kill;
  });
}

/**
 * Runs ffprobe; `onLine` gets every line of its output. Not through fluent-ffmpeg: its ffprobe holds the whole output in
 * memory, which is 20 bytes per packet, and cannot be stopped.
 */
export function runFfprobe(
  args: FfprobeArguments,
  options: ToolOptions & {
    onLine: (line: string) => void;
    /** Kills the program when it has printed so much. */
    maxBytes?: number;
  },
): ToolRun {
  const tools = options.tools ?? DEFAULT_TOOLS;
  const errors = new ErrorLines(args.source);
  return supervise("ffprobe", errors, options, (finish, stop) => {
    const tied = tiedCommand(tools.ffprobe, [...args.options, sourceUrl(args.source)], {
      memoryBytes: options.memoryBytes ?? toolMemoryBytes(0),
    });
    const child = spawn(tied.program, tied.args, {
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    let printed = 0;
    child.stdout.on("data", (chunk: string) => {
      printed += chunk.length;
      if (printed > (options.maxBytes ?? Number.POSITIVE_INFINITY)) stop("output");
    });
    eachLine(child.stdout.setEncoding("latin1"), options.onLine);
    eachLine(child.stderr.setEncoding("utf8"), (line) => {
      const parsed = parseLogLine(line);
      if (parsed) errors.add(parsed);
    });
    child.once("error", (error) => finish({ error }));
    child.once("close", (code, signal) => finish({ code, signal }));
    return () => void child.kill("SIGKILL");
  });
}

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  const lines = new LineSplitter();
  stream.on("data", (chunk: string) => lines.push(chunk).forEach(onLine));
  stream.on("end", () => lines.end().forEach(onLine));
}

type Outcome =
  | { readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly error: Error };

/** Ties a program to a signal and a deadline. `start` runs it, calls `finish` when it is gone, and returns its kill. */
function supervise(
  name: "ffmpeg" | "ffprobe",
  errors: ErrorLines,
  options: ToolOptions,
  start: (
    finish: (outcome: Outcome) => void,
    stop: (reason: NonNullable<ToolExit["stoppedBy"]>) => void,
  ) => () => void,
): ToolRun {
  const { signal, deadlineMs } = options;
  let stoppedBy: ToolExit["stoppedBy"];
  const child: { kill?: () => void } = {};
  let over = false;
  const stop = (reason: NonNullable<ToolExit["stoppedBy"]>) => {
    if (over) return;
    stoppedBy ??= reason;
    child.kill?.();
  };
  const exit = (code: number | null, signal: NodeJS.Signals | null = null): ToolExit => ({
    code,
    stoppedBy,
    ...(stoppedBy === undefined && signal === "SIGKILL" ? { isKilled: true } : {}),
    errors: errors.lines,
    ...(errors.noMemory && code !== 0 ? { noMemory: true } : {}),
  });
  if (signal?.aborted) {
    stoppedBy = "abort";
    return { exited: Promise.resolve(exit(null)), kill: () => undefined };
  }

  const { promise, resolve, reject } = Promise.withResolvers<ToolExit>();
  const onAbort = () => stop("abort");
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer =
    deadlineMs === undefined ? undefined : setTimeout(() => stop("deadline"), deadlineMs);
  child.kill = start((outcome) => {
    over = true;
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    if ("code" in outcome && !neverStarted(outcome.code))
      resolve(exit(outcome.code, outcome.signal));
    else {
      const cause = "error" in outcome ? outcome.error : undefined;
      const detail = `${name} cannot be started. Install ffmpeg, or set ${name.toUpperCase()}_PATH to where it is.`;
      reject(new ProblemError("internal", detail, { cause }));
    }
  }, stop);
  // Whoever disposes of a run early need not look at how it ended.
  promise.catch(() => undefined);
  return { exited: promise, kill: () => stop("caller") };
}

/**
 * To be asked by those who would take the end of a program for a word about the source.
 *
 * @param what was done with it, such as `Looking into`
 * @throws {ProblemError} `internal` where somebody killed it: tried again, it may well come to its end
 */
export function checkNotKilled({ isKilled }: ToolExit, what: string, sourceName: string): void {
  if (isKilled !== true) return;
  const detail = `${what} ${sourceName} was killed before it was done. Check the memory of the machine.`;
  throw new ProblemError("internal", detail, { at: sourceName });
}
