import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProblemError, type Tuning } from "@framequeue/contracts";
import { chooseEngine, plotTuning, PROVIDER_NAMES, tune } from "@framequeue/models";
import { storeTuning } from "@framequeue/pipeline";
import { readObjectStoreConfig } from "@framequeue/service";
import { openObjectStore } from "@framequeue/storage";
import { findModel } from "../system/find-model.ts";
import { parseStrictly } from "../options/parse-options.ts";
import type { Terminal } from "../text/terminal.ts";

export const TUNE_USAGE = `Usage: npm run models -- tune NAME|FILE [--latency-ms 250] [--seconds 1] [--provider cpu]
Measures tensors of 1 to 64 pictures, threads and sessions, and remembers the fastest whose runs keep the limit.
`;

/** `models tune`: measures a model on this machine and remembers the result for the infer service. */
export async function tuneModel(args: readonly string[], terminal: Terminal): Promise<number> {
  const { stdout, stderr, dataDir, env, signal } = terminal;
  const { positionals, values } = parseStrictly({
    args: [...args],
    allowPositionals: true,
    options: {
      "latency-ms": { type: "string", default: "250" },
      seconds: { type: "string", default: "1" },
      provider: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const [name] = positionals;
  if (values.help || name === undefined) {
    (values.help ? stdout : stderr).write(TUNE_USAGE);
    return values.help ? 0 : 1;
  }
  const latencyLimitMs = positive("--latency-ms", values["latency-ms"]);
  const seconds = positive("--seconds", values.seconds);
  const provider = PROVIDER_NAMES.find((known) => known === values.provider);
  if (values.provider !== undefined && provider === undefined) {
    throw new ProblemError("invalid-request", `There is no provider ${values.provider}.`, {
      at: "--provider",
    });
  }
  const model = await findModel(name, terminal);
  const providers = provider === undefined ? (["cuda", "cpu"] as const) : [provider];
  const engine = await chooseEngine({ providers, gpus: [0] });
  const tuning = await tune(model, {
    ...{ engine, latencyLimitMs, seconds, signal },
    onMeasured({ batch, threads, sessions }, result) {
      const what = `${batch} pictures, ${sessions} × ${threads} threads`;
      const how =
        result instanceof Error
          ? `cannot be run: ${result.message}`
          : `${result.framesPerSecond.toFixed(1)} frames/s`;
      stderr.write(`${what}: ${how}\n`);
    },
  });
  await using objects = openObjectStore(readObjectStoreConfig({ ...env, FQ_DATA_DIR: dataDir }));
  await objects.prepare();
  await storeTuning(objects, tuning);
  const folder = join(dataDir, "tuning");
  await mkdir(folder, { recursive: true });
  const plot = join(folder, `${model.ref.name}-${tuning.class}.svg`);
  await writeFile(plot, plotTuning(tuning, `${model.ref.name} on ${tuning.class}`));
  stdout.write(`${tuningTable(tuning)}\n${plot}\n`);
  return 0;
}

/** A table for people; the chosen setting has a star. */
export function tuningTable({ settings, chosen, class: numericClass }: Tuning): string {
  const rows = settings.map((setting) => {
    const { batch, threads, sessions, framesPerSecond, latencyMs, peakBytes, exact } = setting;
    const isChosen =
      batch === chosen.batch && threads === chosen.threads && sessions === chosen.sessions;
    return [
      isChosen ? "*" : "",
      String(batch),
      String(sessions),
      String(threads),
      framesPerSecond.toFixed(1),
      latencyMs.toFixed(1),
      (peakBytes / 1e6).toFixed(0),
      exact ? "equal" : "differ",
    ];
  });
  const head = ["", "pictures", "sessions", "threads", "frames/s", "ms, 95 %", "peak MB", "bits"];
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => cell.padStart(widths[i]!)).join("  ");
  return [`On ${numericClass}:`, line(head), ...rows.map(line)].join("\n");
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new ProblemError("invalid-request", `${option} takes a number above 0, not ${text}.`, {
    at: option,
  });
}
