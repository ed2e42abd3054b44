import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { ProblemError } from "@framequeue/contracts";

/** Pixels are for the owner and, as far as the umask lets it, the group. */
export const FOLDER_MODE = 0o770;
const OTHERS_WRITE = 0o002;
const ROOT = 0;

/**
 * Makes the folder for pixels, and refuses one that somebody else may have made to see them: where everybody can make
 * folders (`/tmp`, `/dev/shm`), only one of this user or the system's counts. Elsewhere whoever made it was allowed to.
 *
 * @throws ProblemError `store-unavailable`
 */
export function takeFramesFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  } catch {
    // The first that is put there says why it cannot be.
    return;
  }
  const { uid } = statSync(folder);
  const self = process.getuid?.();
  if (uid === self || uid === ROOT || self === undefined) return;
  if ((statSync(dirname(folder)).mode & OTHERS_WRITE) === 0) return;
  throw new ProblemError(
    "store-unavailable",
    "The folder for pixels belongs to another user, in a place where everybody can make folders. Set FQ_FRAMES_DIR to one of your own.",
    { at: "FQ_FRAMES_DIR" },
  );
}
