import { ProblemError, type ProblemOptions } from "@framequeue/contracts";

/** What the operating system says, in words; nothing that a program did wrong is among it. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this user may not",
  EPERM: "this user may not",
  EROFS: "the file system can only be read",
  ENOSPC: "there is no room left",
  EDQUOT: "the quota of this user is used up",
  EISDIR: "it is a folder",
  ENOTDIR: "part of its path is a file",
  EEXIST: "it is a file",
  ENOENT: "there is no such file or folder, or none can be made there",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "its links go round in circles",
  EMFILE: "this process has too many files open",
  ENFILE: "this system has too many files open",
  EIO: "the disk does not answer",
};

/** Why a file cannot be used, as a clause; undefined where the error is none of the operating system about files. */
export function fileReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return REASONS[String(error.code)];
}

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
