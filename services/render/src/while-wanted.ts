import { isTerminal, type JobId, type JobState } from "@framequeue/contracts";
import type { Ledger } from "@framequeue/pipeline";

/** A video takes minutes; the ledger is asked this often whether it is still wanted. */
const CHECK_MS = 1_000;

/** A signal that aborts with `signal`, and when the job has ended or belongs to another epoch. */
export function whileWanted(
  ledger: Ledger,
  job: JobId,
  epoch: string,
  signal: AbortSignal,
): { readonly signal: AbortSignal } & AsyncDisposable {
  const over = new AbortController();
  const timer = setInterval(() => {
    ledger.read(job).then(
      (record) => {
        const st = record?.["st"] as JobState | undefined;
        const gone = st === undefined || st === "cancelling" || isTerminal(st);
        if (gone || record?.["ep"] !== epoch) over.abort();
      },
      () => {}, // Redis is away: that is no reason to stop
    );
  }, CHECK_MS);
  return {
    signal: AbortSignal.any([signal, over.signal]),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
    },
  };
}
