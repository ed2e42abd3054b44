import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isTerminal, type JobId, type JobView, newJobId } from "@framequeue/contracts";
import { loadModelPackage } from "@framequeue/models";
import { objectKeys, putAliases, storeModel } from "@framequeue/pipeline";
import type { ObjectStore } from "@framequeue/storage";
import { writeClip } from "../e2e/clip.ts";
import { storeColourModel } from "../e2e/colour-model.ts";
import { startSmallApi } from "../e2e/small-api.ts";
import { openSmallSite } from "../e2e/small-site.ts";
import type { ObjectKind } from "./kinds.ts";

/** In pieces of one second, so that there are several of everything. */
const SECONDS = 3;
/** More than a job's ledger names the parts of. */
const LONG_SECONDS = 24;
/** An ended job is looked at for so long until what was told of it is so. */
const PATIENCE_MS = 90_000;

/** What a request was answered; no answer of 500 or above gets here. */
export interface Answer {
  readonly status: number;
  /** As JSON, where it is that. */
  readonly body: unknown;
  /** Of the bytes. */
  readonly sha256: string;
}

/** The product in one process, with every put to its object store told, so that damage can follow. */
export type MatrixSite = Awaited<ReturnType<typeof openMatrixSite>>;

export async function openMatrixSite() {
  await using resources = new AsyncDisposableStack();
  const listeners = new Set<(key: string) => Promise<void>>();
  const told = async (key: string): Promise<void> => {
    for (const listener of listeners) await listener(key);
  };
  const store = (stored: ObjectStore): ObjectStore => ({
    ...stored,
    async put(key, body, options) {
      await stored.put(key, body, options);
      await told(key);
    },
    async putFile(key, path) {
      await stored.putFile(key, path);
      await told(key);
    },
  });
  const site = resources.use(await openSmallSite({ store, reconcileMs: 100 }));
  const { folder, pipeline, model } = site;
  const { objects } = pipeline;
  const looks = await storeColourModel(site);
  const storeAgain = async (): Promise<void> => {
    const file = await loadModelPackage(join(folder, "blocks.onnx"));
    await storeModel(objects, file, "file");
  };
  const serve = (): Promise<void> =>
    putAliases(objects, { v: 1, name: model.name, revision: 1, stable: model.sha256, before: [] });
  await storeAgain();
  await serve();
  const url = await startSmallApi(site, model.name, resources);
  const video = join(folder, "walk.mp4");
  await writeClip(video, { seconds: SECONDS, size: "320x192" });
  let long: Promise<string> | undefined;
  const longVideo = async (): Promise<string> => {
    const path = join(folder, "long.mp4");
    await writeClip(path, { seconds: LONG_SECONDS, size: "320x192" });
    return path;
  };
  const owned = resources.move();

  async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`${url}${path}`, init);
    const bytes = Buffer.from(await response.arrayBuffer());
    const { status } = response;
    if (status >= 500) throw new Error(`${path} answers ${status}: ${bytes.toString()}`);
    const isJson = /\/(problem\+)?json(;|$)/.test(response.headers.get("content-type") ?? "");
    return {
      status,
      body: isJson ? JSON.parse(bytes.toString()) : undefined,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    };
  }

  /** As everybody's list shows it, which is always there, after a look at the job itself: that finds what is damaged. */
  async function listed(job: JobId): Promise<JobView | undefined> {
    await ask(`/v1/jobs/${job}`);
    const { status, body } = await ask("/v1/jobs?limit=100");
    if (status !== 200) throw new Error(`The list answers ${status}.`);
    return (body as { jobs: JobView[] }).jobs.find(({ id }) => id === job);
  }

  return {
    ...{ folder, objects, model, video, ask, listed, storeAgain, serve },
    pathOf: (key: string): string => join(folder, "objects", key),

    /** Calls it after every put, until what is answered is called. */
    onPut(listener: (key: string) => Promise<void>): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** A job whose video the store holds. */
    async submit(kind: ObjectKind, id: JobId = newJobId()): Promise<JobId> {
      const { job, looks: isLooked, long: isLong } = kind;
      const key = objectKeys.source(id, "walk.mp4");
      const path = isLong === true ? await (long ??= longVideo()) : video;
      const { sha256 } = await objects.putStream(key, createReadStream(path));
      return site.submit(video, {
        id,
        source: { kind: "object", key, name: "walk.mp4", sha256 },
        models: isLooked === true ? [model, looks] : [model],
        ...job,
      });
    },

    /** Waits until the list shows the job so. */
    async until(job: JobId, isSo: (view: JobView) => boolean): Promise<JobView> {
      const deadline = performance.now() + PATIENCE_MS;
      for (;;) {
        const view = await listed(job);
        if (view === undefined) throw new Error("The job is not in the list any more.");
        if (isSo(view)) return view;
        if (performance.now() > deadline) throw new Error(`It hangs: ${JSON.stringify(view)}`);
        await sleep(20);
      }
    },

    hasEnded: ({ state }: JobView): boolean => isTerminal(state),

    /** What its users get of it, by the name of the file: the hash of the bytes, or the code of a problem. */
    async served(job: JobId): Promise<Record<string, string>> {
      const got: Record<string, string> = {};
      for (const name of ["frames.jsonl", "tracks.jsonl", "mot.txt"]) {
        const { status, body, sha256 } = await ask(`/v1/jobs/${job}/results/${name}`);
        got[name] = status === 200 ? sha256 : (body as { code: string }).code;
      }
      return got;
    },

    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
