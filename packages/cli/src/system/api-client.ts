import { ProblemError, problemSchema } from "@framequeue/contracts";
import type { Terminal } from "../text/terminal.ts";

/** The API of a running system, as `--api` or the environment names it. */
export interface ApiClient {
  get(path: string): Promise<unknown>;
  post(path: string, body: object): Promise<unknown>;
  /** Sends a form; files in it go from the disk as they are sent. */
  postForm(path: string, form: FormData): Promise<unknown>;
  delete(path: string): Promise<void>;
}

/** What commands that ask an API say about it. */
export const API_USAGE =
  "Each takes --api URL (FQ_API_URL, default http://localhost:8080); a key is read from FQ_API_KEY.\n";

/**
 * @param api what `--api` says
 * @returns a client whose calls throw the problem that the API answers, or `invalid-request` where nobody answers
 */
export function apiClient(
  api: string | undefined,
  { env, signal }: Pick<Terminal, "env" | "signal">,
): ApiClient {
  const base = api ?? env["FQ_API_URL"] ?? "http://localhost:8080";
  const key = env["FQ_API_KEY"];
  const send = (path: string, method: string, body?: string | FormData): Promise<unknown> =>
    ask(new URL(path, base), {
      method,
      headers: {
        ...(typeof body === "string" ? { "content-type": "application/json" } : {}),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      ...(body === undefined ? {} : { body }),
      signal,
    });
  return {
    get: (path) => send(path, "GET"),
    post: (path, body) => send(path, "POST", JSON.stringify(body)),
    postForm: (path, form) => send(path, "POST", form),
    async delete(path) {
      await send(path, "DELETE");
    },
  };
}

async function ask(url: URL, request: RequestInit & { signal: AbortSignal }): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, request);
  } catch (cause) {
    request.signal.throwIfAborted();
    throw new ProblemError(
      "invalid-request",
      `There is no answer from ${url.origin}; start the system (npm start), or name its API with --api.`,
      { at: "--api", cause },
    );
  }
  if (response.status === 204) return undefined;
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  const problem = problemSchema.safeParse(answer).data;
  if (problem === undefined)
    throw new ProblemError("internal", `${url.href} answers ${response.status}.`);
  throw new ProblemError(problem.code, problem.detail);
}
