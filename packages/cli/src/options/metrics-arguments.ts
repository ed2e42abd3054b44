import { type MetricsReport, ProblemError } from "@framequeue/contracts";

/** What `NAME=NUMBER` arguments say was measured. Throws `invalid-request` naming the one that is wrong. */
export function metricsOf(
  numbers: readonly string[],
  { on, by }: { readonly on?: string | undefined; readonly by?: string | undefined },
): MetricsReport {
  if (on === undefined) {
    throw new ProblemError("invalid-request", "Say with --on TEXT on what it was measured.", {
      at: "--on",
    });
  }
  const values = numbers.map((text): [string, number] => {
    const [, name, number] = /^([^=]+)=(\S+)$/.exec(text) ?? [];
    const value = Number(number);
    if (name !== undefined && Number.isFinite(value)) return [name, value];
    throw new ProblemError("invalid-request", `${text} is not like ap50=0.61.`, { at: text });
  });
  return { on, values: Object.fromEntries(values), ...(by === undefined ? {} : { by }) };
}
