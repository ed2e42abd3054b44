import { openAsBlob } from "node:fs";
import { basename, resolve } from "node:path";
import { modelRecordSchema } from "@framequeue/contracts";
import { API_USAGE, apiClient } from "../system/api-client.ts";
import { findModel } from "../system/find-model.ts";
import { parseStrictly } from "../options/parse-options.ts";
import type { Terminal } from "../text/terminal.ts";

export const PUSH_USAGE = `Usage: npm run models -- push NAME|FILE [--version VERSION] [--parent SHA256]
                              [--name NAME] [--manifest FILE] [--license TEXT] [--source TEXT] [--api URL]

Sends a model to a running system, which opens it, runs it once, and keeps it as a version.
${API_USAGE}`;

/** `models push`: an ONNX file with its manifest becomes a version of a running system. Answers the exit code. */
export async function pushModel(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseStrictly({
    args: [...args],
    allowPositionals: true,
    options: {
      api: { type: "string" },
      name: { type: "string" },
      version: { type: "string" },
      parent: { type: "string" },
      license: { type: "string" },
      source: { type: "string" },
      manifest: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const [wanted, second] = positionals;
  if (values.help || wanted === undefined || second !== undefined) {
    (values.help ? terminal.stdout : terminal.stderr).write(PUSH_USAGE);
    return values.help ? 0 : 1;
  }
  const { api, manifest, help: _help, ...fields } = values;
  const at = manifest === undefined ? undefined : resolve(terminal.cwd, manifest);
  const model = await findModel(wanted, terminal, at);
  const form = new FormData();
  form.append("manifest", JSON.stringify(model.manifest));
  for (const [field, text] of Object.entries(fields)) {
    if (text !== undefined) form.append(field, text);
  }
  form.append("file", await openAsBlob(model.file), basename(model.file));
  const answer = await apiClient(api, terminal).postForm("/v1/models", form);
  const { version, sha256 } = modelRecordSchema.parse(answer);
  const { name } = answer as { name: string };
  terminal.stdout.write(`${name}@${version}  ${sha256}\n`);
  return 0;
}
