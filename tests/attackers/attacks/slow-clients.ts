import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Attack } from "../attack.ts";
import type { AttackedSite } from "../attacked-site.ts";

const run = promisify(execFile);
const CLIENTS = 2;
const TRICKLE_MS = 1_000;
const LOOK_MS = 500;
/** Larger than what the kernel takes for a client that reads nothing. */
const LEAST_RESULT_BYTES = 15e6;
/** As /proc/net/tcp has it: the server has not let go. */
const ESTABLISHED = "01";

const FORM_HEAD = [
  "POST /v1/jobs HTTP/1.1",
  "host: localhost",
  "content-type: multipart/form-data; boundary=b",
  "content-length: 50000000",
  "",
  '--b\r\ncontent-disposition: form-data; name="file"; filename="v.mp4"\r\n\r\n',
].join("\r\n");

/** Uploads that never come to an end. */
export const tricklingUploads: Attack = {
  name: "slow-uploads",
  what: `${CLIENTS} clients send a byte a second of an upload`,
  // a minute for the least rate
  deadlineSeconds: 75,
  async begin(site) {
    const sockets = await Promise.all(
      Array.from({ length: CLIENTS }, () => client(site, FORM_HEAD)),
    );
    const closed = sockets.map(async (socket) => {
      const timer = setInterval(() => socket.write("a"), TRICKLE_MS);
      socket.resume();
      if (!socket.closed) await once(socket, "close");
      clearInterval(timer);
    });
    return { refused: Promise.all(closed).then(() => {}), stop: async () => destroy(sockets) };
  },
};

/** Clients that ask for something and read nothing of it. */
export const idleReaders: Attack = {
  name: "idle-readers",
  what: `${CLIENTS} clients take nothing of the normal job's events, ${CLIENTS} nothing of a large result`,
  // ten minutes for the least rate
  deadlineSeconds: 630,
  lasts: true,
  async begin(site) {
    const result = await largeResult(site);
    const sockets: Socket[] = [];
    const open = async (path: string): Promise<void> => {
      sockets.push(await client(site, `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`));
    };
    for (let i = 0; i < CLIENTS; i++) await open(result);
    const met = Promise.withResolvers<void>();
    return {
      meet(job) {
        const opened = Array.from({ length: CLIENTS }, () => open(`/v1/jobs/${job}/events`));
        Promise.all(opened).then(() => met.resolve(), met.reject);
      },
      refused: met.promise.then(async () => {
        while (await holdsAny(site, sockets)) await sleep(LOOK_MS);
      }),
      stop: async () => destroy(sockets),
    };
  },
};

/** A connection on which nothing is read until somebody says so. */
async function client(site: AttackedSite, begin: string): Promise<Socket> {
  const socket = connect(site.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(begin);
  return socket;
}

function destroy(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

/** Noise, which no encoder makes small; answers the address of the annotated video. */
async function largeResult(site: AttackedSite): Promise<string> {
  const noise = join(site.folder, "noise.mp4");
  await run("ffmpeg", [
    ...["-v", "error", "-y", "-f", "lavfi", "-i", "color=gray:s=1280x720:r=25:d=2"],
    ...["-vf", "noise=alls=100:allf=t", "-c:v", "libx264", "-preset", "ultrafast", noise],
  ]);
  const { state, results } = await site.ended(await site.submit(noise, { render: true }));
  const path = results["annotated.mp4"];
  if (path === undefined) throw new Error(`the job of noise ended ${state}`);
  const head = await fetch(`${site.url}${path}`, { method: "HEAD" });
  const bytes = Number(head.headers.get("content-length"));
  if (bytes < LEAST_RESULT_BYTES) throw new Error(`noise has ${bytes} bytes only`);
  return path;
}

/** Does the server keep one of the connections? A client that reads nothing sees nothing; the kernel tells (Linux). */
async function holdsAny({ port }: AttackedSite, sockets: readonly Socket[]): Promise<boolean> {
  const clients = new Set(sockets.map(({ localPort }) => localPort));
  const rows = (await readFile("/proc/net/tcp", "utf8")).trim().split("\n").slice(1);
  return rows.some((row) => {
    const [, local, remote, state] = row.trim().split(/\s+/);
    const [server, other] = [local, remote].map((address) =>
      Number.parseInt(address!.split(":")[1]!, 16),
    );
    return server === port && clients.has(other) && state === ESTABLISHED;
  });
}
