import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as send, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { Request } from "express";
import { giveUpOnSilence } from "./body-silence.ts";

/** So short that what follows takes many times as long. */
const IDLE_MS = 20;

test("who has sent everything may wait for the answer; who falls silent before is given up", async () => {
  const taken = Promise.withResolvers<ServerResponse>();
  const server = createServer((request, response) => {
    giveUpOnSilence(request as Request, IDLE_MS);
    request.resume().once("end", () => taken.resolve(response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const to = { port, host: "127.0.0.1", method: "POST", headers: { "content-length": 4 } };
  try {
    const whole = send(to);
    whole.end("body");
    const answer = once(whole, "response");
    const response = await taken.promise;
    // Another client falls silent meanwhile, again and again: each is given up after the time of silence.
    for (let turn = 0; turn < 10; turn++) {
      const silent = send(to);
      silent.write("bo");
      await assert.rejects(once(silent, "response"));
    }
    response.end("done");
    const [answered] = await answer;
    assert.equal(answered.statusCode, 200);
    answered.resume();
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
