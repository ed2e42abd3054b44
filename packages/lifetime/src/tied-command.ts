import { existsSync } from "node:fs";

/** Of util-linux, which every Debian and Ubuntu has. */
const SETPRIV = "/usr/bin/setpriv";
const PRLIMIT = "/usr/bin/prlimit";
const CAN_TIE = process.platform === "linux" && existsSync(SETPRIV);
const CAN_BOUND = process.platform === "linux" && existsSync(PRLIMIT);

export interface TiedOptions {
  /**
   * Memory that the program may hold for itself: beyond it the kernel gives none, which programs call a lack of memory.
   * What it maps of files does not count. Not enforced where there is no prlimit, as on macOS.
   */
  readonly memoryBytes?: number | undefined;
}

/**
 * A command that ends when this process does, however that ends: the kernel sees to it. For programs that read and write
 * files and would not notice. Where the system cannot do it (macOS), the command as it is.
 *
 * The process keeps its number, since setpriv and prlimit become the program. One that cannot be started does not say so
 * when it is spawned: {@link neverStarted} tells from the exit code.
 */
export function tiedCommand(
  program: string,
  args: readonly string[],
  { memoryBytes }: TiedOptions = {},
): { readonly program: string; readonly args: readonly string[] } {
  const bound = CAN_BOUND && memoryBytes !== undefined;
  const inner = bound ? [PRLIMIT, `--data=${Math.ceil(memoryBytes)}`, "--", program] : [program];
  const outer = CAN_TIE ? [SETPRIV, "--pdeathsig", "KILL", "--"] : [];
  const [first, ...rest] = [...outer, ...inner, ...args];
  return { program: first!, args: rest };
}

/** Whether the program of a tied command was never run: there is none, or it may not be executed. */
export function neverStarted(exitCode: number | null): boolean {
  return (CAN_TIE || CAN_BOUND) && (exitCode === 127 || exitCode === 126);
}
