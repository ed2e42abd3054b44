/** The signals that ask a process to end, by their numbers: Ctrl-C, `kill`, a terminal that closes, Ctrl-\. */
export const END_SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGQUIT: 3 } as const;

/** Why this process is to end. */
export interface EndRequest {
  readonly reason: keyof typeof END_SIGNALS | "parent gone" | "reader gone" | "nowhere to print";
  /** What a shell says of a program that ended so: 128 and the signal's number. */
  readonly exitCode: number;
}

const LOOK_MS = 500;
const SIGPIPE = 13;

/**
 * Tells of everything that asks this process to end, as often as it is asked:
 *
 * - the {@link END_SIGNALS};
 * - the process that holds the IPC channel to this one goes away;
 * - `npm run` goes away without passing anything on, as it does on every signal but two: `FQ_RUN_BY` says which process
 *   started which (scripts/run.sh). Whoever starts the script by hand may go, as with `nohup`.
 */
export function watchForEnd(listener: (request: EndRequest) => void): Disposable {
  const stops: (() => void)[] = [];
  for (const [signal, number] of Object.entries(END_SIGNALS)) {
    const reason = signal as keyof typeof END_SIGNALS;
    const onSignal = (): void => listener({ reason, exitCode: 128 + number });
    process.on(signal, onSignal);
    stops.push(() => process.off(signal, onSignal));
  }
  const parentGone: EndRequest = { reason: "parent gone", exitCode: 128 + END_SIGNALS.SIGHUP };
  const onDisconnect = (): void => listener(parentGone);
  // Listening alone would keep a process with such a channel from ending by itself.
  if (process.connected) {
    process.on("disconnect", onDisconnect);
    process.channel?.unref();
    stops.push(() => process.off("disconnect", onDisconnect));
  }
  const [self, parent] = (process.env["FQ_RUN_BY"] ?? "").split(" ").map(Number);
  if (self === process.pid && parent !== undefined) {
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      listener(parentGone);
    }, LOOK_MS);
    timer.unref();
    stops.push(() => clearInterval(timer));
  }
  return { [Symbol.dispose]: () => stops.forEach((stop) => stop()) };
}

/** Whoever reads what this process prints has gone, as `head` does when it has seen enough. */
export const READER_GONE: EndRequest = { reason: "reader gone", exitCode: 128 + SIGPIPE };

/** What this process prints cannot be kept, as on a full disk. */
export const NOWHERE_TO_PRINT: EndRequest = { reason: "nowhere to print", exitCode: 1 };
