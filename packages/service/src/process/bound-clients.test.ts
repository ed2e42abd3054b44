import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import { boundClients, CLIENT_BOUNDS, type ClientBounds } from "./bound-clients.ts";

const STRICT: ClientBounds = {
  body: { bytesPerSecond: 10_000, windowMs: 200 },
  answer: { bytesPerSecond: 10_000, windowMs: 200 },
  idleMs: 200,
  requestMs: 60_000,
  connections: 1_000,
};
const HOST = "Host: localhost\r\n";

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(bounds: Partial<ClientBounds>, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  boundClients(server, { ...STRICT, ...bounds });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

async function client(port: number, begin: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(begin);
  return socket;
}

/** However that came about. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once("close", () => resolve()));
}

/** What comes first; fails where the connection is closed instead. */
async function answerTo(socket: Socket): Promise<string> {
  const over = closed(socket).then(() => assert.fail("The connection was closed."));
  const [piece] = (await Promise.race([once(socket, "data"), over])) as [Buffer];
  return piece.toString();
}

/** Writes a piece every few milliseconds, as often as said. */
function keepWriting(socket: Socket, piece: string | Buffer, times = Infinity): void {
  let left = times;
  const timer = setInterval(() => {
    if (left-- > 0 && socket.writable) socket.write(piece);
    else clearInterval(timer);
  }, 10);
  socket.on("close", () => clearInterval(timer));
}

const drain: RequestListener = (request, response) => {
  request.resume();
  request.on("end", () => response.end("done"));
};

const post = (bytes: number): string =>
  `POST / HTTP/1.1\r\n${HOST}Content-Length: ${bytes}\r\n\r\n`;

for (const [what, begin, piece] of [
  ["nothing at all", "", undefined],
  ["headers that never end", `GET / HTTP/1.1\r\n${HOST}X: `, "x"],
  ["empty lines and never a request", "\r\n", "\r\n"],
  ["empty lines after a request", `GET / HTTP/1.1\r\n${HOST}\r\n`, "\r\n"],
  ["a body that drips", post(50_000), "x"],
  [
    "a body in chunks that drip",
    post(0).replace("Content-Length: 0", "Transfer-Encoding: chunked"),
    "1\r\nx\r\n",
  ],
] as const) {
  test(`a client that sends ${what} is let go of`, async () => {
    const socket = await client(await serve({}, drain), begin);
    socket.resume();
    if (piece !== undefined) keepWriting(socket, piece);
    await closed(socket);
  });
}

test("a body that nobody reads is bounded too, once the answer is given", async () => {
  const port = await serve({}, (_request, response) => void response.end("no"));
  const socket = await client(port, post(50_000));
  socket.resume();
  keepWriting(socket, "x");
  await closed(socket);
});

test("an answer that is not taken is broken off: a file, and events", async () => {
  const gone: Promise<unknown>[] = [];
  const port = await serve({}, (request, response) => {
    gone.push(once(response, "close"));
    if (request.url === "/file") {
      response.end(Buffer.alloc(50_000_000));
      return;
    }
    const event = (): void => {
      if (!response.writableNeedDrain) response.write("x".repeat(1_000_000));
    };
    const timer = setInterval(event, 1);
    response.on("close", () => clearInterval(timer));
  });
  for (const path of ["/file", "/events"]) {
    const socket = await client(port, `GET ${path} HTTP/1.1\r\n${HOST}\r\n`);
    socket.pause();
    while (gone.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await gone.pop();
    socket.destroy();
  }
});

test("who is slow and steady is served: with a body, and with an answer", async () => {
  const port = await serve({ idleMs: 60_000 }, (request, response) => {
    if (request.method === "POST") drain(request, response);
    else Readable.from(Array(320).fill(Buffer.alloc(62_500))).pipe(response);
  });
  const sending = await client(port, post(200_000));
  keepWriting(sending, Buffer.alloc(2_000), 100);
  assert.match(await answerTo(sending), /^HTTP\/1\.1 200 [\s\S]*done/);
  sending.destroy();

  const taking = await client(port, `GET / HTTP/1.1\r\n${HOST}\r\n`);
  const whole = Promise.withResolvers<void>();
  let bytes = 0;
  taking.on("data", (piece: Buffer) => {
    bytes += piece.length;
    if (bytes >= 20_000_000) whole.resolve();
    taking.pause();
    setTimeout(() => taking.resume(), 2);
  });
  await Promise.race([whole.promise, closed(taking)]);
  assert.ok(bytes >= 20_000_000, `${bytes}`);
  taking.destroy();
});

test("who waits for this side is not blamed: for a slow answer, and for a body that is read late", async () => {
  const late = 700;
  const port = await serve({}, (request, response) => {
    if (request.url === "/late") setTimeout(() => response.end("done"), late);
    else setTimeout(() => drain(request, response), late);
  });
  for (const begin of [
    `GET /late HTTP/1.1\r\n${HOST}\r\n`,
    post(1_000_000).replace(" / ", " /body "),
  ]) {
    const socket = await client(port, begin);
    if (begin.startsWith("POST")) socket.write(Buffer.alloc(1_000_000));
    assert.match(await answerTo(socket), /^HTTP\/1\.1 200 /);
    socket.destroy();
  }
});

test("one connection too many is turned away, and has its turn when there is room", async () => {
  const port = await serve({ connections: 1, idleMs: 60_000 }, drain);
  const first = await client(port, "");
  const second = await client(port, "");
  second.resume();
  await closed(second);
  first.destroy();
  await closed(first);
  for (;;) {
    const third = await client(port, `GET / HTTP/1.1\r\n${HOST}\r\n`);
    const [end] = await Promise.race([
      once(third, "data").then(([piece]) => [String(piece)]),
      closed(third).then(() => [undefined]),
    ]);
    third.destroy();
    if (end === undefined) continue; // the first one's end is not known there yet
    assert.match(end, /200/);
    return;
  }
});

test("the bounds of the product are those of honest clients", () => {
  const { body, answer, requestMs } = CLIENT_BOUNDS;
  assert.ok(body.windowMs >= 60_000 && answer.windowMs >= 600_000);
  assert.ok(requestMs >= 20 * 3_600_000);
});
