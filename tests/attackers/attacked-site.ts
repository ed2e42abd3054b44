import { createHash } from "node:crypto";
import { once } from "node:events";
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isTerminal, type JobView } from "@framequeue/contracts";
import { freePort } from "@framequeue/service/testing";
import { launch, openWorkshop, untilReady } from "../e2e/product.ts";

/** Processor time of one run of a model: short, so that the check is. */
export const RUN_LIMIT_MS = 5_000;
const SETTINGS = {
  FQ_ALLOW_PRIVATE_SOURCES: "true",
  FQ_RUN_LIMIT_MS: String(RUN_LIMIT_MS),
  FQ_RUN_MEMORY_BYTES: String(2 ** 29),
};
/** Results that depend on nothing but the video. */
const RESULTS = ["frames.jsonl", "tracks.jsonl", "mot.txt"] as const;
const LOOK_MS = 100;

/** A running `npm start` with a data folder and a port of its own, as those see it who send to it. */
export interface AttackedSite extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  ask(path: string, init?: RequestInit): Promise<Answer>;
  askJson(path: string, body: object): Promise<Answer>;
  /** Uploads a video; answers the job's id. */
  submit(file: string, request?: object): Promise<string>;
  /** Uploads a model; throws where it is refused. */
  upload(name: string, bytes: Uint8Array): Promise<void>;
  ended(job: string): Promise<JobView>;
  /** Waits until every one of the jobs has failed with that problem; throws where one ended otherwise. */
  failed(jobs: readonly string[], code: string): Promise<void>;
  /** A hash over a job's results; throws where it has none. */
  results(job: string): Promise<string>;
}

export interface Answer {
  readonly status: number;
  readonly body: any;
}

export async function openAttackedSite(): Promise<AttackedSite> {
  await using resources = new AsyncDisposableStack();
  const at = resources.use(await openWorkshop());
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...SETTINGS, FQ_API_PORT: String(port), REDIS_URL: undefined };
  const child = launch(at, ["start", "--model", at.model], env);
  const gone = once(child, "exit");
  resources.defer(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
    await gone;
  });
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (said = text));
  await untilReady(child).catch((error: unknown) => {
    throw new Error(`${String(error)} It said: ${said}`);
  });
  const held = resources.move();

  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, init);
    return { status: response.status, body: parsed(await response.text()) };
  };
  /** Asks again where nobody answered, as any client does. */
  const patiently = async (path: string): Promise<Answer> => {
    for (;;) {
      const answer = await ask(path).catch(() => undefined);
      if (answer !== undefined && answer.status < 500) return answer;
      await sleep(LOOK_MS);
    }
  };
  const ended = async (job: string): Promise<JobView> => {
    for (;;) {
      const view = (await patiently(`/v1/jobs/${job}`)).body as JobView;
      if (isTerminal(view.state)) return view;
      await sleep(LOOK_MS);
    }
  };
  return {
    ...{ url, port, folder: at.folder, ask, ended },
    askJson: (path, body) =>
      ask(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    async submit(file, request = {}) {
      const form = new FormData();
      form.append("options", JSON.stringify({ render: false, ...request }));
      form.append("file", await openAsBlob(file), basename(file));
      const { status, body } = await ask("/v1/jobs", { method: "POST", body: form });
      if (status !== 202) throw new Error(`a job was answered ${status} ${body?.code}`);
      return body.id;
    },
    async upload(name, bytes) {
      const form = new FormData();
      form.append("name", name);
      form.append("version", "1");
      form.append("file", new Blob([new Uint8Array(bytes)]), `${name}.onnx`);
      const { status, body } = await ask("/v1/models", { method: "POST", body: form });
      if (status !== 201) throw new Error(`the model ${name} was answered ${status} ${body?.code}`);
    },
    async failed(jobs, code) {
      await Promise.all(
        jobs.map(async (job) => {
          const { state, problem } = await ended(job);
          if (problem?.code !== code) throw new Error(`one ended ${state} ${problem?.code ?? ""}`);
        }),
      );
    },
    async results(job) {
      const { state, problem, results } = await ended(job);
      if (state !== "succeeded") throw new Error(`a job ended ${state} ${problem?.code ?? ""}`);
      const hash = createHash("sha256");
      for (const name of RESULTS) {
        const response = await fetch(`${url}${results[name]}`);
        if (response.status !== 200) throw new Error(`${name} was answered ${response.status}`);
        hash.update(new Uint8Array(await response.arrayBuffer()));
      }
      return hash.digest("hex");
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
