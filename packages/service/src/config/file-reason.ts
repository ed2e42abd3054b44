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
  EMFILE: "this process may not open more files (ulimit -n)",
  ENFILE: "this system has too many files open",
  EIO: "the disk does not answer",
};

/** Why a file cannot be used, as a clause; undefined where the error is none of the operating system about files. */
export function fileReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return REASONS[String(error.code)];
}
