import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultCase } from "../fault-case.ts";
import type { FaultSite } from "../fault-site.ts";

const ATTACKERS = 4;
const DRIP_MS = 1_000;

/** A server that answers every request with that, and then a byte now and then. */
async function withSlowServer<T>(head: string, use: (url: string) => Promise<T>): Promise<T> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.write(head);
    const timer = setInterval(() => socket.write("a"), DRIP_MS);
    socket.once("close", () => {
      clearInterval(timer);
      sockets.delete(socket);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** Jobs of sources there, and an upload beside them: how both end. */
async function besideSlowSources(site: FaultSite, head: string): Promise<string> {
  return withSlowServer(head, async (url) => {
    const slow = await Promise.all(
      Array.from({ length: ATTACKERS }, async (_, i) => {
        const { body } = await site.ask("/v1/jobs", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ source: { url: `${url}/${i}.mp4` }, render: false }),
        });
        return body.id as string;
      }),
    );
    const { state } = await site.ended(await site.submit(site.clip));
    const waiting = await Promise.all(slow.map((job) => site.view(job)));
    const first = waiting.every(({ finishedAt }) => finishedAt === undefined);
    const ends = await Promise.all(slow.map((job) => site.ended(job)));
    const codes = new Set(ends.map(({ state: end, problem }) => `${end} ${problem?.code}`));
    return `upload ${state}${first ? " first" : ""}, they ${[...codes].join(" or ")}`;
  });
}

const wants = /^upload succeeded( first)?, they failed source-unreachable$/;

/** Opens connections, sends that and then a byte now and then; tells when the server has hung up on all. */
async function slowClients(site: FaultSite, start: string, signal: AbortSignal): Promise<string> {
  const { hostname, port } = new URL(site.url);
  const sockets = Array.from({ length: ATTACKERS }, () => connect(Number(port), hostname));
  const closed = sockets.map((socket) => {
    socket.on("error", () => {});
    const timer = setInterval(() => socket.write("a"), DRIP_MS);
    socket.once("connect", () => socket.write(start));
    socket.resume();
    return once(socket, "close").finally(() => clearInterval(timer));
  });
  const began = performance.now();
  signal.addEventListener("abort", () => sockets.forEach((socket) => socket.destroy()));
  await Promise.all(closed);
  const seconds = Math.round((performance.now() - began) / 1_000);
  return signal.aborted ? "never hung up" : `hung up after ${seconds} s`;
}

export const WAITING: readonly FaultCase[] = [
  {
    kind: "waiting",
    what: `${ATTACKERS} servers of sources drip a byte a second`,
    wants,
    play: (site) =>
      besideSlowSources(
        site,
        "HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: 9000000\r\n\r\n",
      ),
  },
  {
    kind: "waiting",
    what: `${ATTACKERS} servers of sources never come to the end of their headers`,
    wants,
    play: (site) => besideSlowSources(site, "HTTP/1.1 200 OK\r\nx-long: "),
  },
  {
    kind: "waiting",
    what: `${ATTACKERS} servers of sources say nothing at all`,
    wants,
    play: (site) => besideSlowSources(site, ""),
  },
  {
    kind: "waiting",
    what: `${ATTACKERS} clients never come to the end of their headers`,
    wants: /^hung up/,
    play: (site, signal) => slowClients(site, "GET /v1/jobs HTTP/1.1\r\nx-long: ", signal),
  },
  {
    kind: "waiting",
    what: `${ATTACKERS} clients drip a byte a second of an upload`,
    wants: /^hung up/,
    play: (site, signal) =>
      slowClients(
        site,
        "POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 9000000\r\n\r\n--b\r\n",
        signal,
      ),
  },
  {
    kind: "waiting",
    what: "500 connections are opened and say nothing",
    wants: /^a job succeeded$/,
    async play(site) {
      const { hostname, port } = new URL(site.url);
      const sockets = Array.from({ length: 500 }, () => connect(Number(port), hostname));
      for (const socket of sockets) socket.on("error", () => {});
      try {
        await sleep(500);
        const { state } = await site.ended(await site.submit(site.clip));
        return `a job ${state}`;
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    },
  },
];
