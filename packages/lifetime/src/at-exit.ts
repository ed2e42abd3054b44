const actions = new Set<() => void>();

/**
 * Has something done when this process exits in haste: by `process.exit`, or an error that nobody caught. Only what runs
 * at once counts then: no promise is waited for. Disposing takes it back. What kills a process at once (SIGKILL) runs
 * nothing; see {@link sweepTempFolders} for what that leaves.
 *
 * The set is of the process because its exit is; a listener each would pass the number at which Node warns.
 */
export function atExit(action: () => void): Disposable {
  if (actions.size === 0) process.on("exit", runAll);
  actions.add(action);
  return {
    [Symbol.dispose]() {
      actions.delete(action);
      if (actions.size === 0) process.off("exit", runAll);
    },
  };
}

/** The latest first, as everything is released; what fails keeps nothing else from being done. */
function runAll(): void {
  for (const action of [...actions].toReversed()) {
    try {
      action();
    } catch {
      // the process goes all the same
    }
  }
}
