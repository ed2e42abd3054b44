import { ProblemError, type ProblemOptions } from "@framequeue/contracts";
import { fileReason } from "@framequeue/service";

/**
 * An error about a file as a problem that says what is wrong with it and what to do; any other as it is.
 *
 * @param path what cannot be used
 * @param remedy a sentence
 */
export function fileProblem(
  error: unknown,
  path: string,
  remedy: string,
  options: Pick<ProblemOptions, "at"> = {},
): unknown {
  const reason = fileReason(error);
  if (error instanceof ProblemError || reason === undefined) return error;
  const { code } = error as NodeJS.ErrnoException;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new ProblemError(
    isFull ? "store-full" : "invalid-request",
    `${path} cannot be written: ${reason}. ${remedy}`,
    { ...options, cause: error },
  );
}
