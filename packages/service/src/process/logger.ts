import { pino, type DestinationStream, type Logger } from "pino";
import type { LogLevel } from "../config/common-config.ts";
import { boundedLine } from "./bounded-line.ts";
import { redactUrl } from "./redact.ts";

export type { Logger };

export interface LoggerOptions {
  /** The service, in every line. */
  readonly name: string;
  readonly level: LogLevel;
  /** Default: stderr, written at once. stdout stays free for data. */
  readonly destination?: DestinationStream;
}

/**
 * JSON, one line per event. Every line passes through `redactUrl`, whatever field a URL stands in, and is cut to
 * `LONGEST_LINE`, whatever it tells of.
 */
export function createLogger({ name, level, destination }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { service: name },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => redactUrl(boundedLine(line)) },
    },
    destination ?? pino.destination({ fd: 2, sync: true }),
  );
}
