import {
  type FullModelView,
  fullModelViewSchema,
  type ModelRecord,
  modelViewSchema,
  type ModelView,
} from "@framequeue/contracts";
import { API_USAGE, apiClient } from "../system/api-client.ts";
import { metricsOf } from "../options/metrics-arguments.ts";
import { parseStrictly } from "../options/parse-options.ts";
import type { Terminal } from "../text/terminal.ts";

export const REMOTE_USAGE = `Usage: npm run models -- versions [NAME]              versions and aliases of a running system
       npm run models -- alias NAME stable VERSION    what new jobs get, once it is loaded everywhere
       npm run models -- alias NAME canary VERSION [--share 0.1]
       npm run models -- alias NAME canary none
       npm run models -- rollback NAME                what was stable before is again
       npm run models -- metrics NAME VERSION --on TEXT [--by TEXT] ap50=0.61 …
                                                      keeps what was measured with the version
       npm run models -- release NAME VERSION         out of quarantine: jobs may use it again
       npm run models -- delete NAME VERSION          for good; only what nothing uses

${API_USAGE}`;

/** `models versions`, `alias`, `rollback`, `metrics`, `release`, `delete`: ask a running system. Answers the exit code. */
export async function remoteModels(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseStrictly({
    args: [...args],
    allowPositionals: true,
    options: {
      api: { type: "string" },
      share: { type: "string" },
      on: { type: "string" },
      by: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const [command, name, second, ...more] = positionals;
  if (values.help) {
    terminal.stdout.write(REMOTE_USAGE);
    return 0;
  }
  const api = apiClient(values.api, terminal);
  const path = `/v1/models/${encodeURIComponent(name ?? "")}`;
  const versionPath = `${path}/versions/${encodeURIComponent(second ?? "")}`;
  const show = (view: unknown): void =>
    void terminal.stdout.write(describeFull(fullModelViewSchema.parse(view)));

  if (command === "versions" && name === undefined) {
    const { models } = (await api.get("/v1/models")) as { models: unknown[] };
    for (const model of models) terminal.stdout.write(describe(modelViewSchema.parse(model)));
  } else if (command === "versions" && second === undefined) {
    show(await api.get(path));
  } else if (command === "rollback" && name !== undefined && second === undefined) {
    show(await api.post(`${path}/rollback`, {}));
  } else if (command === "alias" && second !== undefined && more.length === 1) {
    const [version] = more;
    const share = values.share === undefined ? {} : { share: Number(values.share) };
    const change = { version: version === "none" ? null : version, ...share };
    show(await api.post(`${path}/aliases/${encodeURIComponent(second)}`, change));
  } else if (command === "metrics" && second !== undefined && more.length > 0) {
    await api.post(`${versionPath}/metrics`, metricsOf(more, values));
    show(await api.get(path));
  } else if (command === "release" && second !== undefined && more.length === 0) {
    await api.delete(`${versionPath}/quarantine`);
    show(await api.get(path));
  } else if (command === "delete" && second !== undefined && more.length === 0) {
    await api.delete(versionPath);
  } else {
    terminal.stderr.write(REMOTE_USAGE);
    return 1;
  }
  return 0;
}

function describe({ name, aliases, versions }: ModelView): string {
  return versions.map((version) => `${lineOf(name, aliases, version)}\n`).join("");
}

function describeFull({ name, aliases, versions }: FullModelView): string {
  const texts = versions.map((version) =>
    [lineOf(name, aliases, version), ...recordsOf(version)].map((line) => `${line}\n`).join(""),
  );
  return texts.join("");
}

function lineOf(
  name: string,
  aliases: ModelView["aliases"],
  { version, sha256, role, readyIn, quarantine }: ModelView["versions"][number],
): string {
  const tags = [
    ...(aliases?.stable === version ? ["stable"] : []),
    ...(aliases?.canary?.version === version
      ? [`canary for ${100 * aliases.canary.share} % of the jobs`]
      : []),
    ...(quarantine === undefined ? [] : [`in quarantine: ${quarantine.bound}`]),
    ...(readyIn === 0 ? [] : [`loaded in ${readyIn}`]),
  ];
  const more = tags.length === 0 ? "" : `  ${tags.join(", ")}`;
  return `${name}@${version}  ${role}  ${sha256.slice(0, 12)}${more}`;
}

/** Where a version came from and what was measured of it, a line each. */
function recordsOf({ license, source, lineage, metrics }: ModelRecord): string[] {
  const origin = [
    ...(lineage === undefined ? [] : [`${lineage.by} ${lineage.createdAt}`]),
    ...(lineage?.parent === undefined ? [] : [`from ${lineage.parent.slice(0, 12)}`]),
    source,
    license,
  ];
  const measured = metrics.map(({ on, by, at, values }) => {
    const numbers = Object.entries(values).map(([metric, value]) => `${metric} ${value}`);
    const how = by === undefined ? "" : ` (${by})`;
    return `  ${at.slice(0, 10)}  ${numbers.join(", ")}  on ${on}${how}`;
  });
  return [`  ${origin.join("; ")}`, ...measured];
}
