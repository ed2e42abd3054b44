import { decodeIndependently } from "./independent.ts";
import { type Expectation, judge } from "./judge.ts";
import { type Outcome, readOutcomes } from "./outcome.ts";

export interface SourceToCheck {
  /** What the table calls it. */
  readonly name: string;
  readonly path: string;
  readonly expected: Expectation;
}

export interface CheckedSource extends SourceToCheck {
  readonly outcome: Outcome | undefined;
  readonly faults: readonly string[];
}

/**
 * Runs every source through the product, those that name the same stream in one command, and judges what it made of them.
 *
 * @param analyze runs `analyze --json` with these arguments more and answers its stdout
 */
export async function checkSources(
  sources: readonly SourceToCheck[],
  analyze: (args: readonly string[]) => Promise<string>,
): Promise<CheckedSource[]> {
  const checked: CheckedSource[] = [];
  for (const [stream, group] of Map.groupBy(sources, ({ expected }) => expected.stream)) {
    const named = stream === undefined ? [] : ["--stream", String(stream)];
    const outcomes = await readOutcomes(
      await analyze([...named, ...group.map(({ path }) => path)]),
    );
    for (const [index, source] of group.entries()) {
      const outcome = outcomes[index];
      const faults =
        outcome === undefined || outcome.source !== source.path
          ? ["the command has no line for it"]
          : judge(await decodeIndependently(source.path, stream), outcome, source.expected);
      checked.push({ ...source, outcome, faults });
    }
  }
  return checked;
}

const NONE: Partial<Outcome> = {};

/** A line of the table. */
export function describeChecked({ name, outcome, faults }: CheckedSource): string {
  const { state = "-", rows = [], gaps = [], header, problem } = outcome ?? NONE;
  const lost = gaps.map(({ from, to }) => `${from}-${to}`).join(",");
  const size = header ? `${header.media.width}x${header.media.height}` : "";
  return [
    (faults.length === 0 ? "ok" : "WRONG").padEnd(6),
    name.padEnd(42),
    state.padEnd(24),
    String(rows.length).padStart(6),
    size.padEnd(10),
    problem?.code ?? (lost === "" ? "" : `gaps ${lost}`),
    ...faults.map((fault) => `\n       ${fault}`),
  ]
    .join(" ")
    .trimEnd();
}
