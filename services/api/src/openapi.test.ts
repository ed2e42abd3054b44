import assert from "node:assert/strict";
import { test } from "node:test";
import { jobRequestSchema } from "@framequeue/contracts";
import { openApiDocument } from "@framequeue/contracts/openapi";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { startTestApi } from "./testing/test-api.ts";

interface Described {
  readonly requestBody: { readonly content: Record<string, { readonly schema: object }> };
  readonly responses: Record<string, any>;
}
/** A document as far as these tests look into it. */
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Described>>;
  readonly components: { readonly schemas: Record<string, any> };
}

test("the API describes itself in valid OpenAPI 3.1, and says where", async () => {
  await using api = await startTestApi();
  const index = await fetch(`${api.url}/v1`);
  const [, path] = /^<(.+)>; rel="service-desc"$/.exec(index.headers.get("link")!)!;
  const answer = await fetch(api.url + path);
  assert.equal(answer.status, 200);
  const document = (await answer.json()) as Document;
  assert.deepEqual(document, JSON.parse(JSON.stringify(openApiDocument())));

  const { valid, errors } = await new Validator().validate(structuredClone(document) as never);
  assert.ok(valid, JSON.stringify(errors));

  const { endpoints } = (await index.json()) as { endpoints: string[] };
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(described.toSorted(), endpoints.toSorted());
});

test("every reference of the document leads somewhere, and none out of it", () => {
  const document = JSON.parse(JSON.stringify(openApiDocument())) as Document;
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
    ([, to]) => to!,
  );
  assert.ok(references.length > 20);
  for (const to of new Set(references)) {
    const name = /^#\/components\/schemas\/(\w+)$/.exec(to)?.[1];
    assert.ok(name !== undefined && name in document.components.schemas, to);
  }
});

test("the document takes the requests that the server takes", () => {
  const document = openApiDocument() as unknown as Document;
  const { schema } = document.paths["/v1/jobs"]!["post"]!.requestBody.content["application/json"]!;
  // Of command lines it says no word.
  assert.doesNotMatch(JSON.stringify(schema), /"(?:flag|unset|see)":/);
  const isValid = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  const source = { path: "/v.mp4" };
  for (const [body, expected] of [
    [{ source }, true],
    [{ source: { url: "https://example.org/v.mp4" }, priority: 9 }, true],
    [{ source, options: { tracker: {} } }, true],
    [{ source, options: { tracker: { trackThreshold: 0.6 } } }, true],
    [{ source, options: { tracker: { algorithm: "sort", maxAge: 7 } } }, true],
    [{ source, options: { tracker: { maxAge: 7 } } }, false],
    [{ source, options: { tracker: { algorithm: "none" } } }, false],
    [{ source, options: { everyNth: 0 } }, false],
    [{ source, more: 1 }, false],
    [{}, false],
  ] as const) {
    const what = JSON.stringify(body);
    assert.equal(isValid(body), expected, what);
    assert.equal(jobRequestSchema.safeParse(body).success, expected, what);
  }
});

test("the validator finds what is wrong with a document", async () => {
  const document = structuredClone(openApiDocument()) as unknown as Document;
  delete document.paths["/v1/jobs"]!["get"]!.responses["200"].description;
  const { valid } = await new Validator().validate(document as never);
  assert.equal(valid, false);
});
