import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Attack } from "../attack.ts";

const DRIP_MS = 10_000;
const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: 9000000\r\n";
/** What the servers begin with, by the path. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  body: `${HEAD}\r\n`,
  headers: `${HEAD}x-long: `,
};

/** Sources of which nothing comes that would make them time out. */
export const slowServers: Attack = {
  name: "slow-servers",
  what: "two sources drip a byte every ten seconds, the headers of two have no end",
  // a minute for the least rate or the headers, and then the job is told
  deadlineSeconds: 75,
  async begin(site) {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("data", (request) => {
        const [, kind] = /^GET \/(\w+)/.exec(request.toString()) ?? [];
        socket.write(BEGINNINGS[kind!]!);
      });
      const timer = setInterval(() => socket.write("a"), DRIP_MS);
      socket.once("close", () => {
        clearInterval(timer);
        sockets.delete(socket);
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const jobs: string[] = [];
    for (const path of ["body/1", "body/2", "headers/1", "headers/2"]) {
      const source = { url: `http://127.0.0.1:${port}/${path}.mp4` };
      const { status, body } = await site.askJson("/v1/jobs", { source, render: false });
      if (status !== 202) throw new Error(`a source was answered ${status} ${body?.code}`);
      jobs.push(body.id);
    }
    return {
      refused: site.failed(jobs, "source-unreachable"),
      async stop() {
        const left = sockets.size;
        for (const socket of sockets) socket.destroy();
        const closed = once(server, "close");
        server.close();
        await closed;
        if (left > 0) throw new Error(`${left} connections were left open`);
      },
    };
  },
};
