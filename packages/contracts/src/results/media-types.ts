/** Media types of result files. Which files there are stands in the table of formats (packages/outputs). */
export const RESULT_TYPES = [
  "application/jsonl",
  "application/json",
  "text/plain; charset=utf-8",
  "text/csv; charset=utf-8",
  "text/vtt; charset=utf-8",
  "image/png",
  "video/mp4",
  // Of a file that only another version knows.
  "application/octet-stream",
] as const;
export type ResultType = (typeof RESULT_TYPES)[number];
