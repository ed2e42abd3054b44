import { checkApart, type CheckedModel } from "@framequeue/models/check-apart";

/** Opens a file that a client sent and runs it once. */
export type ModelCheck = (
  file: string,
  options: Parameters<typeof checkApart>[1],
  signal: AbortSignal,
) => Promise<CheckedModel>;

/** One after the other, so that the memory which they may take is that of one. */
export function createModelCheck(memoryBytes: number): ModelCheck {
  let last: Promise<unknown> = Promise.resolve();
  return (file, options, signal) => {
    const check = last.then(() => checkApart(file, options, { memoryBytes, signal }));
    last = check.catch(() => {});
    return check;
  };
}
