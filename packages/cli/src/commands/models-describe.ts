import { join, resolve } from "node:path";
import { MODEL_TASKS, ProblemError } from "@framequeue/contracts";
import { addModel, type Hints, readLabels, recognizeFile } from "@framequeue/models";
import { parseStrictly } from "../options/parse-options.ts";
import type { Terminal } from "../text/terminal.ts";

const HINTS = {
  labels: { type: "string" },
  task: { type: "string" },
  output: { type: "string" },
  size: { type: "string" },
} as const;

/** `models inspect FILE`: a manifest for a bare ONNX file on stdout, and what of it is assumed on stderr. */
export async function inspectModel(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseStrictly({
    args: [...args],
    options: HINTS,
    allowPositionals: true,
  });
  const file = named(positionals, "inspect", terminal);
  const { manifest, assumptions } = await recognizeFile(file, await hintsOf(values, terminal));
  terminal.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`);
  for (const assumption of assumptions) terminal.stderr.write(`${assumption}\n`);
  return 0;
}

/** `models add FILE`: gives an ONNX file a name on this machine, once it has been checked and has run. */
export async function addNamedModel(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseStrictly({
    args: [...args],
    options: {
      ...HINTS,
      name: { type: "string" },
      manifest: { type: "string" },
      license: { type: "string" },
    },
    allowPositionals: true,
  });
  const { manifest, name, license } = values;
  const added = await addModel(named(positionals, "add", terminal), {
    ...(await hintsOf(values, terminal)),
    cacheDir: join(terminal.dataDir, "models"),
    bundledDir: terminal.bundledModelsDir,
    name,
    license,
    manifest: manifest === undefined ? undefined : resolve(terminal.cwd, manifest),
  });
  for (const assumption of added.assumptions) terminal.stderr.write(`${assumption}\n`);
  terminal.stdout.write(`${added.ref.name}\n`);
  return 0;
}

function named(positionals: readonly string[], command: string, { cwd }: Terminal): string {
  const [file, second] = positionals;
  if (file === undefined || second !== undefined) {
    throw new ProblemError("invalid-request", `Name one file: npm run models -- ${command} FILE`, {
      at: "FILE",
    });
  }
  return resolve(cwd, file);
}

async function hintsOf(
  values: { readonly [K in keyof typeof HINTS]?: string | undefined },
  { cwd }: Terminal,
): Promise<Hints> {
  const { labels, task, output, size } = values;
  const known = MODEL_TASKS.find((each) => each === task);
  if (task !== undefined && known === undefined) {
    throw new ProblemError("invalid-request", `--task takes ${MODEL_TASKS.join(", ")}.`, {
      at: "--task",
    });
  }
  return {
    labels: labels === undefined ? undefined : await readLabels(resolve(cwd, labels)),
    task: known,
    output,
    size: size === undefined ? undefined : parseSize(size),
  };
}

function parseSize(text: string): { width: number; height: number } {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (height === undefined) {
    throw new ProblemError("invalid-request", "--size takes WIDTHxHEIGHT, like 640x480.", {
      at: "--size",
    });
  }
  return { width: Number(width), height: Number(height) };
}
