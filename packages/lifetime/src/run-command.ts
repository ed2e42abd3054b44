import { type EndRequest, NOWHERE_TO_PRINT, READER_GONE, watchForEnd } from "./end-requests.ts";

/** How a command is told to end. */
export interface CommandEnd {
  /** Aborts once the command is to end; its reason is what `stopped` made. */
  readonly signal: AbortSignal;
}

export interface CommandOptions {
  /** What the signal's reason is. */
  readonly stopped: () => Error;
  /** Says what went wrong, in words where there are some; answers the exit code. Throws what is a bug. Default: all is. */
  readonly onError?: (error: unknown) => number;
  /** How long the command may take to end by itself; it ends at once where it cannot be told. Default: as long as it likes. */
  readonly graceMs?: number;
}

/**
 * Ctrl-C reaches a command under `npm run` twice, from the terminal and from npm, and so may a terminal that closes; what
 * comes this soon after the first request is the same one.
 */
const SAME_REQUEST_MS = 500;
/** After everything is done, for streams that nobody reads any more. */
const LINGER_MS = 2_000;

/**
 * Runs a command of a terminal from its first line to its exit code. It is told to end by {@link watchForEnd}, and where
 * nobody reads its stdout; a second request ends it at once, with what was registered by `atExit`. What it prints where
 * nobody reads is dropped.
 */
export async function runCommand(
  body: (end: CommandEnd) => Promise<number>,
  { stopped, onError, graceMs }: CommandOptions,
): Promise<void> {
  const stop = new AbortController();
  let request: EndRequest | undefined;
  let since = 0;
  const exit = (): never => process.exit(request!.exitCode);
  const ask = (asked: EndRequest): void => {
    if (request !== undefined) {
      const isNew = performance.now() - since >= SAME_REQUEST_MS;
      if (isNew && asked !== READER_GONE && asked !== NOWHERE_TO_PRINT) exit();
      return;
    }
    request = asked;
    since = performance.now();
    stop.abort(stopped());
    if (graceMs !== undefined) setTimeout(exit, graceMs).unref();
  };
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (isReaderGone(error)) return ask(READER_GONE);
    process.stderr.write(`What is printed cannot be written: ${error.message}.\n`);
    ask(NOWHERE_TO_PRINT);
  });
  // What is said to nobody is no reason to stop: the results are elsewhere.
  process.stderr.on("error", () => {});
  using resources = new DisposableStack();
  resources.use(watchForEnd(ask));
  try {
    process.exitCode = await body({ signal: stop.signal });
  } catch (error) {
    if (request === undefined) {
      if (onError === undefined) throw error;
      process.exitCode = onError(error);
    } else {
      if (request !== READER_GONE) process.stderr.write("Stopped.\n");
      process.exitCode = request.exitCode;
    }
  }
  if (request !== undefined) setTimeout(() => process.exit(), LINGER_MS).unref();
}

/** The pipe has no reader, or the terminal is closed. */
function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === "EPIPE" || code === "EIO";
}
