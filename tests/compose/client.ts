import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { JobView } from "@framequeue/contracts";
import { isTerminal } from "@framequeue/contracts";
import type { Stack } from "./engine.ts";

const FILES = ["frames.jsonl", "tracks.jsonl", "mot.txt"] as const;

/** A user with a key. */
export class Client {
  readonly #stack: Stack;
  readonly #url: string;
  readonly #headers: { readonly authorization: string };

  constructor(stack: Stack, key: string) {
    this.#stack = stack;
    this.#url = stack.url;
    this.#headers = { authorization: `Bearer ${key}` };
  }

  /** Uploads a video; in small pieces that many workers can share. */
  async submit(path: string): Promise<string> {
    const form = new FormData();
    const options = { render: false, execution: { segmentSeconds: 2, batchFrames: 4 } };
    form.set("options", JSON.stringify(options));
    form.set("file", new Blob([await readFile(path)]), "street.mp4");
    const answer = await fetch(`${this.#url}/v1/jobs`, {
      method: "POST",
      headers: this.#headers,
      body: form,
    });
    if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as JobView).id;
  }

  /** Asks again for as long as the API says that Redis is away. */
  async view(job: string): Promise<JobView> {
    let answer: Response;
    do {
      answer = await fetch(`${this.#url}/v1/jobs/${job}`, { headers: this.#headers });
    } while (
      answer.status === 503 &&
      answer.headers.has("retry-after") &&
      (await sleep(500, true))
    );
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as JobView;
  }

  async untilInferred(job: string, frames: number): Promise<void> {
    await this.#stack.until(`${frames} frames of ${job}`, async () => {
      return (await this.view(job)).progress.inferred >= frames;
    });
  }

  /** State and hash of everything that has one right answer, once the job has ended. */
  async outcome(job: string): Promise<string> {
    await this.#stack.until(`${job} has ended`, async () =>
      isTerminal((await this.view(job)).state),
    );
    const { state, results, problem } = await this.view(job);
    const hash = createHash("sha256");
    for (const name of FILES) {
      const path = results[name];
      if (path === undefined) return `${state} ${problem?.detail}`;
      const answer = await fetch(`${this.#url}${path}`, { headers: this.#headers });
      hash.update(Buffer.from(await answer.arrayBuffer()));
    }
    return `${state} ${hash.digest("hex").slice(0, 16)}`;
  }
}
