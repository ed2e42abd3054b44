import {
  type ModelView,
  modelViewSchema,
  ProblemError,
  problemSchema,
} from "@framequeue/contracts";
import { parseStrictly } from "./parse-options.ts";
import type { Terminal } from "./terminal.ts";

export const REMOTE_USAGE = `Usage: npm run models -- versions [NAME]              versions and aliases of a running system
       npm run models -- alias NAME stable VERSION    what new jobs get, once it is loaded everywhere
       npm run models -- alias NAME canary VERSION [--share 0.1]
       npm run models -- alias NAME canary none
       npm run models -- rollback NAME                what was stable before is again

Each takes --api URL (FQ_API_URL, default http://localhost:8080); a key is read from FQ_API_KEY.
`;

/** `models versions`, `alias` and `rollback`: ask the API of a running system. Answers the exit code. */
export async function remoteModels(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseStrictly({
    args: [...args],
    allowPositionals: true,
    options: {
      api: { type: "string" },
      share: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const [command, name, alias, version] = positionals;
  if (values.help) {
    terminal.stdout.write(REMOTE_USAGE);
    return 0;
  }
  const api = values.api ?? terminal.env["FQ_API_URL"] ?? "http://localhost:8080";
  const ask = (path: string, body?: object): Promise<unknown> =>
    request(new URL(path, api), terminal.env["FQ_API_KEY"], body, terminal.signal);
  const show = (view: unknown): void =>
    void terminal.stdout.write(describe(modelViewSchema.parse(view)));

  if (command === "versions" && name === undefined) {
    const { models } = (await ask("/v1/models")) as { models: unknown[] };
    for (const model of models) show(model);
  } else if (command === "versions" && alias === undefined) {
    show(await ask(`/v1/models/${encodeURIComponent(name!)}`));
  } else if (command === "rollback" && name !== undefined && alias === undefined) {
    show(await ask(`/v1/models/${encodeURIComponent(name)}/rollback`, {}));
  } else if (
    command === "alias" &&
    name !== undefined &&
    alias !== undefined &&
    version !== undefined
  ) {
    const share = values.share === undefined ? {} : { share: Number(values.share) };
    const change = { version: version === "none" ? null : version, ...share };
    const path = `/v1/models/${encodeURIComponent(name)}/aliases/${encodeURIComponent(alias)}`;
    show(await ask(path, change));
  } else {
    terminal.stderr.write(REMOTE_USAGE);
    return 1;
  }
  return 0;
}

async function request(
  url: URL,
  key: string | undefined,
  body: object | undefined,
  signal: AbortSignal,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw new ProblemError(
      "invalid-request",
      `There is no answer from ${url.origin}; start the system (npm start), or name its API with --api.`,
      { at: "--api", cause },
    );
  }
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  const problem = problemSchema.safeParse(answer).data;
  if (problem === undefined)
    throw new ProblemError("internal", `${url.href} answers ${response.status}.`);
  throw new ProblemError(problem.code, problem.detail);
}

function describe({ name, aliases, versions }: ModelView): string {
  const lines = versions.map(({ version, sha256, role, readyIn }) => {
    const tags = [
      ...(aliases?.stable === version ? ["stable"] : []),
      ...(aliases?.canary?.version === version
        ? [`canary for ${100 * aliases.canary.share} % of the jobs`]
        : []),
      ...(readyIn === 0 ? [] : [`loaded in ${readyIn}`]),
    ];
    const more = tags.length === 0 ? "" : `  ${tags.join(", ")}`;
    return `${name}@${version}  ${role}  ${sha256.slice(0, 12)}${more}\n`;
  });
  return lines.join("");
}
