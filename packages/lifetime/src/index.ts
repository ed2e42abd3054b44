export { atExit } from "./at-exit.ts";
export { claimFolder, type FolderClaim, FolderTaken } from "./claimed-folder.ts";
export { endNow } from "./end-now.ts";
export { END_SIGNALS, type EndRequest, watchForEnd } from "./end-requests.ts";
export { type CommandEnd, runCommand } from "./run-command.ts";
export { isAlive, ownMark, type ProcessMark, readMark, writeMark } from "./process-mark.ts";
export { openTempFolder, sweepTempFolders, type TempFolder } from "./temp-folder.ts";
export { neverStarted, tiedCommand } from "./tied-command.ts";
