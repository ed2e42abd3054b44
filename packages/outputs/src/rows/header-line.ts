import { analyticsOptionsSchema, resultHeaderSchema } from "@framequeue/contracts";
import { z } from "zod";
import type { JobHeader } from "../format.ts";

/** First line of a file of rows; that of events says what was counted, too. */
export function headerLine(
  kind: "frames" | "tracks" | "views" | "events",
  { schemaVersion, media, models, options, analytics }: JobHeader,
): string {
  const line = { schemaVersion, kind, media, models, options };
  return JSON.stringify(kind === "events" ? { ...line, analytics } : line);
}

const headerSchema = resultHeaderSchema.extend({
  kind: z.string(),
  analytics: analyticsOptionsSchema.optional(),
});

/** What the first line of any file of rows says. Throws for one that is none. */
export function parseHeader(line: string): JobHeader {
  const { kind: _, analytics, ...header } = headerSchema.parse(JSON.parse(line));
  return analytics === undefined ? header : { ...header, analytics };
}
