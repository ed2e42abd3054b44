import { existsSync } from "node:fs";

/** Of util-linux, which every Debian and Ubuntu has. */
const SETPRIV = "/usr/bin/setpriv";
const CAN_TIE = process.platform === "linux" && existsSync(SETPRIV);

/**
 * A command that ends when this process does, however that ends: the kernel sees to it. For programs that read and write
 * files and would not notice. Where the system cannot do it (macOS), the command as it is.
 *
 * The process keeps its number, since setpriv becomes the program. One that cannot be started does not say so when it is
 * spawned: {@link neverStarted} tells from the exit code.
 */
export function tiedCommand(
  program: string,
  args: readonly string[],
): { readonly program: string; readonly args: readonly string[] } {
  if (!CAN_TIE) return { program, args };
  return { program: SETPRIV, args: ["--pdeathsig", "KILL", "--", program, ...args] };
}

/** Whether the program of a tied command was never run: there is none, or it may not be executed. */
export function neverStarted(exitCode: number | null): boolean {
  return CAN_TIE && (exitCode === 127 || exitCode === 126);
}
