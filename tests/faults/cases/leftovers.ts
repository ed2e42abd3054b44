import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultCase } from "../fault-case.ts";
import { type FaultSite, killNow } from "../fault-site.ts";

const MEGABYTE = 2 ** 20;
const headers = { "content-type": "application/json" };

/** Files of the store that nobody has finished. */
async function partial(site: FaultSite): Promise<string[]> {
  const names = await readdir(site.objectsDir, { recursive: true });
  return names.filter((name) => name.endsWith("~"));
}

/** A server whose answers redirect and go on for ever; counts what was taken. */
async function withEndlessRedirect<T>(
  target: string,
  use: (url: string, megabytes: () => number) => Promise<T>,
): Promise<T> {
  let taken = 0;
  const server = createServer((_, response) => {
    response.writeHead(302, { location: target });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 16))) taken += 1 << 16;
    };
    response.on("drain", more).on("error", () => {});
    more();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.mp4`;
    return await use(url, () => Math.round(taken / MEGABYTE));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

export const LEFTOVERS: readonly FaultCase[] = [
  {
    kind: "leftovers",
    what: "the API is killed in the middle of an upload",
    // What it had begun stays for two hours, in which it might go on elsewhere (clear-abandoned.test.ts).
    wants: /^[1-9]\d* begun, no job of it, sent again: succeeded$/,
    down: true,
    async play(site, signal) {
      const { hostname, port } = new URL(site.url);
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      socket.write(
        "POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 90000000\r\n\r\n" +
          '--b\r\ncontent-disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n',
      );
      socket.write(Buffer.alloc(4 * MEGABYTE));
      while ((await partial(site)).length === 0 && !signal.aborted) await sleep(20);
      const begun = await partial(site);
      for (const pid of await site.pids("services/api/")) killNow(pid);
      socket.destroy();
      const again = async (): Promise<string> => {
        for (;;) {
          const job = await site.submit(site.clip).catch(() => undefined);
          if (job !== undefined) return (await site.ended(job)).state;
          await sleep(100);
        }
      };
      const state = await again();
      const { text } = await site.ask("/v1/jobs?limit=100");
      const isListed = begun.some((name) => text.includes(name.split("/")[1]!));
      return `${begun.length} begun, ${isListed ? "a" : "no"} job of it, sent again: ${state}`;
    },
  },
  {
    kind: "leftovers",
    what: "a redirect has a body without an end",
    wants: /^failed source-\S+, [0-9] MB taken and no more$/,
    play: (site) =>
      withEndlessRedirect("http://127.0.0.1:9/b.mp4", async (url, megabytes) => {
        const { body } = await site.ask("/v1/jobs", {
          method: "POST",
          headers,
          body: JSON.stringify({ source: { url }, render: false }),
        });
        const { state, problem } = await site.ended(body.id);
        const then = megabytes();
        await sleep(2_000);
        const more = megabytes() - then;
        return `${state} ${problem?.code}, ${then} MB taken and ${more === 0 ? "no" : more} more`;
      }),
  },
  {
    kind: "leftovers",
    what: "the password of a source's address is looked for when the source was fetched",
    wants: /^succeeded, nowhere$/,
    quick: true,
    async play(site) {
      const video = await readFile(site.clip);
      const server = createServer((_, response) => void response.end(video));
      await once(server.listen(0, "127.0.0.1"), "listening");
      const { port } = server.address() as AddressInfo;
      const address = `http://user:hidden-word@127.0.0.1:${port}/a.mp4?token=hidden-word`;
      const { body } = await site.ask("/v1/jobs", {
        method: "POST",
        headers,
        body: JSON.stringify({ source: { url: address }, render: false }),
      });
      const { state } = await site.ended(body.id);
      server.close();
      const found: string[] = [];
      for (const folder of [site.objectsDir, join(site.dataDir, "redis/appendonlydir")]) {
        for (const name of await readdir(folder, { recursive: true })) {
          // Folders, and what went meanwhile, hold nothing.
          const bytes = await readFile(join(folder, name)).catch(() => undefined);
          if (bytes?.includes("hidden-word")) found.push(name);
        }
      }
      if (site.said().some((line) => line.includes("hidden-word"))) found.push("the log");
      return `${state}, ${found.length === 0 ? "nowhere" : found.join(" ")}`;
    },
  },
  {
    kind: "leftovers",
    what: "who else may read what is stored is looked at",
    wants: /^nobody$/,
    quick: true,
    async play(site) {
      const open: string[] = [];
      for (const folder of [site.objectsDir, join(site.dataDir, "redis")]) {
        if (((await stat(folder)).mode & 0o007) !== 0) open.push(folder);
      }
      return open.length === 0 ? "nobody" : `everybody: ${open.join(" ")}`;
    },
  },
  {
    kind: "leftovers",
    what: "a job is cancelled in the middle: what it leaves",
    wants: /^cancelled, accepted\.json cancelled\.json, no pixels$/,
    async play(site, signal) {
      const job = await site.submit(site.long, { execution: { batchFrames: 1 } });
      await site.until(job, ({ progress }) => progress.inferred > 0);
      await site.ask(`/v1/jobs/${job}/cancel`, { method: "POST" });
      const { state } = await site.ended(job);
      const pixels = async (): Promise<string[]> =>
        readdir(join(site.framesDir, job)).catch(() => []);
      while ((await pixels()).length > 0 && !signal.aborted) await sleep(50);
      const names = await readdir(join(site.objectsDir, "jobs", job), { recursive: true });
      return `${state}, ${names.toSorted().join(" ")}, ${(await pixels()).length === 0 ? "no pixels" : "pixels"}`;
    },
  },
];
