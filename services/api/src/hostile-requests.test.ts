import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import {
  newJobId,
  type Operation,
  operationList,
  problemSchema,
  problemsOf,
} from "@framequeue/contracts";
import fc from "fast-check";
import { z } from "zod";
import { MODEL, startTestApi, type TestApi } from "./testing/test-api.ts";

// Whatever is sent to an operation, it answers as it declares: never with a fault of the server's own.

const RUNS = 60;

let api: TestApi;
/** Texts that mean something here, for any place where a text may stand. */
let known: readonly string[];
before(async () => {
  api = await startTestApi({ uploadLimitBytes: 100_000, modelLimitBytes: 100_000 });
  await mkdir(join(api.folder, "videos"));
  await writeFile(join(api.folder, "videos/v.mp4"), "video");
});
// Anew for each, as requests that happen to be right take things away.
beforeEach(async () => {
  const { objects, jobs } = api.pipeline;
  const manifest = { ...MODEL, task: "detection" };
  await objects.put(`models/${MODEL.sha256}/manifest.json`, JSON.stringify(manifest));
  const [waiting, ended, gone] = [await api.job(), await api.job(), await api.job()];
  await api.finish(ended, { "mot.txt": Buffer.from("1,1,0,0,9,9,1,-1,-1,-1\n") });
  await jobs.cancel(gone);
  known = [
    ...["stable", "canary", "mot.txt", "disk-full", ...Object.values(MODEL)],
    ...[join(api.folder, "videos/v.mp4"), waiting, ended, gone, newJobId()],
  ];
});
after(() => api[Symbol.asyncDispose]());

interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}
interface Answered {
  readonly status: number;
  readonly type: string;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** As it is: a client that is one mends paths before it sends them. Of a stream of events, only its head is awaited. */
function send(method: string, { path, headers, body }: Sent): Promise<Answered> {
  const { port } = new URL(api.url);
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const asked = httpRequest({ port, host: "127.0.0.1", method, path, headers }, (response) => {
    const { "content-type": type = "", "retry-after": retryAfter } = response.headers;
    const answered = { status: response.statusCode!, type, retryAfter };
    if (type.startsWith("text/event-stream")) {
      response.destroy();
      resolve({ ...answered, text: "" });
      return;
    }
    response.setEncoding("utf8");
    response.toArray().then((chunks) => resolve({ ...answered, text: chunks.join("") }), reject);
  });
  asked.on("error", reject);
  asked.end(body);
  return promise;
}

const text = fc.oneof(
  fc.nat().map((i) => known[i % known.length]!),
  fc.string({ unit: "binary", maxLength: 30 }).map((text) => text.toWellFormed()),
  fc.constantFrom("..", "%00", "a/../b", "__proto__", "null", "-1", "1e999", " ", "x".repeat(300)),
);
const number = fc.oneof(
  fc.integer({ min: -2, max: 120 }),
  fc.constantFrom(-0, 0.5, 1e308, 2 ** 53, -(2 ** 31)),
);
const anything: fc.Arbitrary<unknown> = fc.oneof(text, number, fc.boolean(), fc.jsonValue());

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: JsonSchema;
}

/** Values with the fields that the schema knows, and in them what it takes, nearly takes, or does not take at all. */
function nearly(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { properties, anyOf, oneOf, items } = schema;
  const kinds: fc.Arbitrary<unknown>[] = [anything];
  const alternatives = [...(anyOf ?? []), ...(oneOf ?? [])];
  if (alternatives.length > 0) kinds.push(fc.oneof(...alternatives.map(nearly)));
  if (schema.enum !== undefined) kinds.push(fc.constantFrom(...schema.enum));
  if (schema.const !== undefined) kinds.push(fc.constant(schema.const));
  if (items !== undefined) kinds.push(fc.array(nearly(items), { maxLength: 5 }));
  if (properties !== undefined) {
    const fields = Object.entries(properties).map(([name, below]) => [name, nearly(below)]);
    const all = fc.record(Object.fromEntries(fields) as never, { requiredKeys: [] });
    const more = fc.dictionary(text, anything, { maxKeys: 1 });
    // Twice, as of most other values nothing is looked into.
    kinds.push(
      all,
      fc.tuple(all, more).map(([own, others]) => ({ ...own, ...others })),
    );
  }
  return fc.oneof(...kinds);
}

const nearlyOf = (schema: z.ZodType): fc.Arbitrary<unknown> =>
  nearly(z.toJSONSchema(schema, { io: "input" }) as JsonSchema);

/** Paths of the operation, with any text in its variable parts. */
function pathOf({ path, params = {}, query }: Operation): fc.Arbitrary<string> {
  const encoded = text.filter((one) => one !== "").map(encodeURIComponent);
  const part = (name: string): fc.Arbitrary<string> => {
    const fits = fc.nat().map((i) => {
      const all = known.filter((one) => params[name]!.schema.safeParse(one).success);
      return encodeURIComponent(all[i % all.length]!);
    });
    const malformed = fc.constantFrom("%E0%A4%A", "%", "%zz");
    return fc.oneof({ arbitrary: fits, weight: 6 }, { arbitrary: encoded, weight: 3 }, malformed);
  };
  const filled = fc
    .record(Object.fromEntries(Object.keys(params).map((name) => [name, part(name)])))
    .map((parts) => path.replace(/\{(\w+)\}/g, (_, name: string) => parts[name]!));
  const names = fc.oneof(fc.constantFrom("x", ...Object.keys(query?.shape ?? {})), text);
  const value = fc.oneof(text, number.map(String));
  const asked = fc
    .array(fc.tuple(names, value), { maxLength: 3 })
    .map((pairs) => new URLSearchParams(pairs).toString());
  return fc.tuple(filled, asked).map(([path, query]) => (query === "" ? path : `${path}?${query}`));
}

function headersOf({ headers }: Operation): fc.Arbitrary<Record<string, string>> {
  const value = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom("end", "*", "bytes=0-4", "bytes=-0", "bytes=9-", "bytes=999-", "bytes=4-2"),
  );
  const names = Object.keys(headers?.shape ?? {});
  const all = Object.fromEntries(names.map((name) => [name, value]));
  return fc.record(all, { requiredKeys: [] }) as fc.Arbitrary<Record<string, string>>;
}

type Carried = Pick<Sent, "headers" | "body">;
const NOTHING: Carried = { headers: {}, body: undefined };

function jsonOf(schema: z.ZodType): fc.Arbitrary<Carried> {
  const good = nearlyOf(schema).map((value) => JSON.stringify(value));
  const broken = fc.tuple(good, fc.nat(40)).map(([json, at]) => json.slice(0, at));
  const carried = (type: string, body: string | Buffer, more = {}): Carried => ({
    headers: { "content-type": type, ...more },
    body: Buffer.from(body),
  });
  return fc.oneof(
    { arbitrary: good.map((json) => carried("application/json", json)), weight: 6 },
    broken.map((json) => carried("application/json", json)),
    fc
      .tuple(text, good)
      .map(([name, json]) =>
        carried("application/json", `{${JSON.stringify(name)}:${json},"__proto__":${json}}`),
      ),
    fc
      .uint8Array({ maxLength: 50 })
      .map((bytes) => carried("application/json", Buffer.from(bytes))),
    good.map((json) => carried("application/json", json, { "content-encoding": "gzip" })),
    good.map((json) => carried("application/json; charset=utf-99", json)),
    good.map((json) => carried("text/plain", json)),
    fc
      .constantFrom("[".repeat(5_000), `"${"x".repeat(300_000)}"`)
      .map((json) => carried("application/json", json)),
  );
}

const BOUNDARY = "a-boundary";

function formOf(
  fields: Readonly<Record<string, { readonly schema: z.ZodType; readonly json?: true }>>,
) {
  const names = Object.keys(fields);
  const said = fc.constantFrom(...names).chain((name) => {
    const { schema, json } = fields[name]!;
    const value = json
      ? nearlyOf(schema).map((value) => JSON.stringify(value))
      : nearlyOf(schema).map(String);
    return value.map((value) => part(`name="${name}"`, value));
  });
  const other = fc
    .tuple(text, text)
    .map(([name, value]) => part(`name="${name.replaceAll(/["\r\n]/g, "")}"`, value));
  const file = fc
    .tuple(text, fc.uint8Array({ maxLength: 30 }))
    .map(([name, bytes]) =>
      part(`name="file"; filename="${name.replaceAll(/["\r\n]/g, "")}"`, Buffer.from(bytes)),
    );
  const parts = fc.array(fc.oneof({ arbitrary: said, weight: 6 }, file, other), { maxLength: 4 });
  const end = fc.constantFrom(`--${BOUNDARY}--\r\n`, "", "--");
  const type = fc.constantFrom(`multipart/form-data; boundary=${BOUNDARY}`, "multipart/form-data");
  return fc.tuple(type, parts, end).map(([type, parts, end]): Carried => ({
    headers: { "content-type": type },
    body: Buffer.concat([...parts, Buffer.from(end)]),
  }));
}

function part(disposition: string, content: string | Buffer): Buffer {
  const head = `--${BOUNDARY}\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(content), Buffer.from("\r\n")]);
}

function carriedBy({ body }: Operation): fc.Arbitrary<Carried> {
  return fc.oneof(
    fc.constant(NOTHING),
    ...(body?.json === undefined ? [] : [{ arbitrary: jsonOf(body.json), weight: 6 }]),
    ...(body?.form === undefined ? [] : [{ arbitrary: formOf(body.form.fields), weight: 4 }]),
  );
}

function requestsTo(operation: Operation): fc.Arbitrary<Sent> {
  return fc
    .tuple(pathOf(operation), headersOf(operation), carriedBy(operation))
    .map(([path, headers, { headers: more, body }]) => ({
      path,
      headers: { ...headers, ...more, ...(body && { "content-length": String(body.length) }) },
      body,
    }));
}

for (const [id, operation] of operationList()) {
  test(`${id} answers whatever is sent as it declares`, async () => {
    const codes: readonly string[] = problemsOf(operation);
    await fc.assert(
      fc.asyncProperty(requestsTo(operation), async (sent) => {
        const { status, type, retryAfter, text } = await send(operation.method, sent);
        const what = `${status} ${text.slice(0, 500)}`;
        if (type !== "application/problem+json; charset=utf-8") {
          assert.ok(status in operation.answers, what);
          return;
        }
        const problem = problemSchema.parse(JSON.parse(text));
        assert.equal(problem.status, status);
        assert.ok(codes.includes(problem.code), what);
        assert.ok(status < 500 || retryAfter !== undefined, what);
      }),
      { numRuns: RUNS, seed: 7 },
    );
  });
}
