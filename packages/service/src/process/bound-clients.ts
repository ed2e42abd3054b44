import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type LeastRate, RateWatch } from "./least-rate.ts";

/** What a client of an HTTP server may ask of it. */
export interface ClientBounds {
  /** Of a request's body, for as long as more of it is wanted. */
  readonly body: LeastRate;
  /** Of what a client takes of an answer, for as long as some of it waits. */
  readonly answer: LeastRate;
  /** How long a connection may go without a request: until the headers of one have come, in milliseconds. */
  readonly idleMs: number;
  /** For a whole request with its body, in milliseconds. */
  readonly requestMs: number;
  /** At once; whoever comes when there are so many is turned away. */
  readonly connections: number;
}

/**
 * 4 KiB a second are a slow telephone line. Whoever looks at an answer page by page may stop for minutes, and a video
 * that is paused too.
 */
export const CLIENT_BOUNDS: ClientBounds = {
  body: { bytesPerSecond: 4_096, windowMs: 60_000 },
  answer: { bytesPerSecond: 4_096, windowMs: 600_000 },
  idleMs: 60_000,
  requestMs: 24 * 3_600_000,
  connections: 1_000,
};

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Client {
  readonly exchanges: Set<Exchange>;
  body: RateWatch;
  answer: RateWatch;
  idleMs: number;
  /** Bytes that had come, and gone, at the last look. */
  read: number;
  written: number;
}

/** How often the clients are looked at, within the shortest bound, and at least. */
const LOOKS = 10;
const LOOK_MS = 5_000;

/**
 * Closes the connections of clients that keep the server waiting: with headers or a body that hardly comes or never
 * ends, with an answer that they do not take, with nothing at all. Node's own timeouts are of silence, which one byte
 * now and then breaks.
 */
export function boundClients(server: Server, bounds: ClientBounds): void {
  const clients = new Map<Socket, Client>();
  server.maxConnections = bounds.connections;
  server.headersTimeout = bounds.idleMs;
  server.requestTimeout = bounds.requestMs;

  server.on("connection", (socket) => {
    clients.set(socket, {
      exchanges: new Set(),
      ...watches(bounds),
      ...{ idleMs: 0, read: 0, written: 0 },
    });
    socket.once("close", () => clients.delete(socket));
  });
  server.on("request", (request, response) => {
    const client = clients.get(request.socket);
    if (client === undefined) return;
    client.exchanges.add({ request, response });
    // What was slow before this request says nothing about it.
    Object.assign(client, watches(bounds));
  });

  let before = performance.now();
  const { body, answer, idleMs } = bounds;
  const shortest = Math.min(body.windowMs, answer.windowMs, idleMs);
  const everyMs = Math.min(LOOK_MS, Math.ceil(shortest / LOOKS));
  const timer = setInterval(() => {
    const now = performance.now();
    // Where a look comes late, it was this process that was busy.
    const elapsedMs = Math.min(now - before, 2 * everyMs);
    for (const [socket, client] of clients) {
      if (keepsWaiting(socket, client, elapsedMs, idleMs)) socket.destroy();
    }
    before = now;
  }, everyMs);
  timer.unref();
  server.on("close", () => clearInterval(timer));
}

function watches({ body, answer }: ClientBounds): { body: RateWatch; answer: RateWatch } {
  return { body: new RateWatch(body), answer: new RateWatch(answer) };
}

function keepsWaiting(
  socket: Socket,
  client: Client,
  elapsedMs: number,
  mostIdleMs: number,
): boolean {
  for (const exchange of client.exchanges) {
    if (isOver(exchange)) client.exchanges.delete(exchange);
  }
  const { exchanges } = client;
  client.idleMs = exchanges.size === 0 ? client.idleMs + elapsedMs : 0;
  const read = socket.bytesRead;
  // Counted by the pieces in which it is written; all that is large comes in small ones.
  const written = socket.bytesWritten - socket.writableLength;
  // A body of which some waits here is held up by this side.
  const wantsBody = [...exchanges].some(
    ({ request }) => !request.complete && request.readableLength === 0,
  );
  const hasAnswer = socket.writableLength > 0;
  const slow = [
    client.body.isTooSlow(wantsBody ? elapsedMs : 0, read - client.read),
    client.answer.isTooSlow(hasAnswer ? elapsedMs : 0, written - client.written),
  ];
  client.read = read;
  client.written = written;
  return client.idleMs >= mostIdleMs || slow.includes(true);
}

function isOver({ request, response }: Exchange): boolean {
  return response.closed && (request.complete || request.destroyed);
}
