import { readFile } from "node:fs/promises";
import {
  frameFileRowSchema,
  type Gap,
  type Problem,
  type ResultHeader,
  resultHeaderSchema,
  type Warning,
} from "@framequeue/contracts";
import { framesOf } from "./independent.ts";

/** A line of `analyze --json`, as far as it is judged. */
interface Report {
  readonly state: string;
  readonly source: string;
  readonly stream?: number;
  readonly artifacts?: Readonly<Record<string, string>>;
  readonly warnings?: readonly Warning[];
  readonly problem?: Pick<Problem, "code" | "detail">;
}

/** What the product made of a video. */
export interface Outcome extends Report {
  readonly header?: ResultHeader;
  readonly rows: readonly { readonly frame: number; readonly pts: number }[];
  readonly gaps: readonly Gap[];
  readonly video?: Awaited<ReturnType<typeof framesOf>>;
}

/** The lines of `analyze --json`, with what lies in the folders that they name. */
export async function readOutcomes(stdout: string): Promise<Outcome[]> {
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return await Promise.all(
    lines.map(async (line) => await readOutcome(JSON.parse(line) as Report)),
  );
}

async function readOutcome(report: Report): Promise<Outcome> {
  const file = report.artifacts?.["frames.jsonl"];
  if (file === undefined) return { ...report, rows: [], gaps: [] };
  const [head, ...lines] = (await readFile(file, "utf8")).trimEnd().split("\n");
  const rows = [];
  const gaps = [];
  for (const line of lines) {
    const row = frameFileRowSchema.parse(JSON.parse(line));
    if ("gap" in row) gaps.push(row.gap);
    else rows.push({ frame: row.frame, pts: row.pts });
  }
  const video = report.artifacts?.["annotated.mp4"];
  return {
    ...report,
    header: resultHeaderSchema.parse(JSON.parse(head!)),
    rows,
    gaps,
    ...(video !== undefined && { video: await framesOf(video) }),
  };
}
