import {
  type FrameFileRow,
  frameFileRowSchema,
  invalid,
  ProblemError,
  resultHeaderSchema,
} from "@framequeue/contracts";

const headerSchema = resultHeaderSchema.pick({ schemaVersion: true, kind: true });

/**
 * The rows of a `frames.jsonl`, below its header.
 *
 * @param path for messages
 * @throws ProblemError `invalid-request` naming the line that is none; without its header the first would be lost
 */
export function parseFramesFile(text: string, path: string): FrameFileRow[] {
  const [first = "", ...lines] = text.trimEnd().split("\n");
  const header = headerSchema.safeParse(json(first, `${path}, line 1`));
  if (!header.success || header.data.kind !== "frames") {
    throw new ProblemError(
      "invalid-request",
      `${path}, line 1: it is not the header of a frames.jsonl, {"schemaVersion":…,"kind":"frames",…}.`,
      { at: path },
    );
  }
  return lines.map((line, i) => {
    const at = `${path}, line ${i + 2}`;
    const row = frameFileRowSchema.safeParse(json(line, at));
    if (!row.success) throw invalid("invalid-request", at, row.error);
    return row.data;
  });
}

/** @throws ProblemError `invalid-request` that says where it is no JSON */
export function json(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProblemError("invalid-request", `${where}: it is not JSON: ${reason}.`, {
      at: where,
    });
  }
}
