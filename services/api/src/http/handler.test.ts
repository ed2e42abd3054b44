import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operations, SERVICE_OPERATIONS } from "@framequeue/contracts";
import type { Handler, Handlers } from "./handler.ts";

// What `check:types` must refuse. Where it does not, the comment that expects an error is one.

type Own = Handlers<Pick<typeof SERVICE_OPERATIONS, "getLive" | "getReady">>;
const getLive: Own["getLive"] = () => ({ status: 200, json: { status: "live" } });
const getReady: Own["getReady"] = () => ({ status: 503, json: { status: "not-ready" } });

test("a table of handlers has one for each operation, and no other", () => {
  const whole: Own = { getLive, getReady };
  // @ts-expect-error -- one is missing
  const part: Own = { getLive };
  // @ts-expect-error -- there is no such operation
  const more: Own = { getLive, getReady, getMood: getLive };
  assert.ok([whole, part, more].every(Boolean));
});

test("a handler answers what its operation declares", () => {
  // @ts-expect-error -- another status
  const status: Own["getLive"] = () => ({ status: 201, json: { status: "live" } });
  // @ts-expect-error -- another value
  const value: Own["getLive"] = () => ({ status: 200, json: { status: "alive" } });
  // @ts-expect-error -- the value of another status
  const mixed: Own["getReady"] = () => ({ status: 200, json: { status: "not-ready" } });
  // @ts-expect-error -- without the header that goes with it
  const bare: Handler<Operations["retryJob"]> = () => ({ status: 202, json: {} as never });
  assert.ok([status, value, mixed, bare].every(Boolean));
});

test("a handler is given what its operation declares", () => {
  const list: Handler<Operations["listJobs"]> = ({ query }) => {
    assert.equal(query.limit.toFixed(), "20");
    // @ts-expect-error -- no such field
    assert.equal(query.page, undefined);
    return { status: 200, json: { jobs: [] } };
  };
  const signal = new AbortController().signal;
  void list({ params: undefined, headers: undefined, query: { limit: 20 }, signal });
});
