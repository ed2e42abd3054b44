import { z } from "zod";
import { jobViewSchema } from "../api/jobs.ts";
import { fullModelViewSchema, modelRecordSchema, modelViewSchema } from "../api/models.ts";
import type { Answer, Body, Form, Operation } from "../api/operations/operation.ts";
import { OPERATION_GROUPS, problemsOf } from "../api/operations/table.ts";
import { type ProblemCode, PROBLEMS, problemSchema } from "../api/problems.ts";

type Json = Readonly<Record<string, unknown>>;
/** What has a name, as it is found. */
type Schemas = Record<string, unknown>;

/** What answers hold again and again, by the name that it has in the document. */
const NAMED = {
  Job: jobViewSchema,
  Model: modelViewSchema,
  ModelInFull: fullModelViewSchema,
  ModelVersion: modelRecordSchema,
  Problem: problemSchema,
};
const names = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(NAMED)) names.add(schema, { id });

/** The document of every operation, in OpenAPI 3.1, made from what they declare and from nothing else. */
export function openApiDocument(): { openapi: "3.1.0" } & Json {
  const schemas: Schemas = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [tag, operations] of Object.entries(OPERATION_GROUPS)) {
    for (const [id, operation] of Object.entries<Operation>(operations)) {
      const { method, path } = operation;
      paths[path] = {
        ...paths[path],
        [method.toLowerCase()]: described(id, tag, operation, schemas),
      };
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Framequeue",
      version: "1.0.0",
      summary: "Video in; searchable, tracked objects out.",
      description:
        "GET answers HEAD, too. Fields are added to answers, and never changed or removed: let pass what you do not know. Of a request, some rules hold between fields, and stand in no schema; what breaks one is answered `invalid-request` with the field.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: Object.keys(OPERATION_GROUPS).map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "One of the server's keys." },
        key: { type: "apiKey", in: "header", name: "X-API-Key", description: "The same." },
      },
    },
  };
}

function described(id: string, tag: string, operation: Operation, schemas: Schemas): Json {
  const { scope, summary, body } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    // A server without keys, which answers its own machine only, asks for none.
    security: scope === "open" ? [] : [{ bearer: [scope] }, { key: [scope] }, {}],
    parameters: parameters(operation),
    ...(body && { requestBody: { required: true, content: requestContent(body) } }),
    responses: responses(operation, schemas),
  };
}

function parameters({ params = {}, query, headers }: Operation): Json[] {
  const inPath = Object.entries(params).map(([name, { schema, means }]) => ({
    ...{ name, in: "path", required: true, description: means, schema: taken(schema) },
  }));
  return [...inPath, ...fields("query", query), ...fields("header", headers)];
}

function fields(place: "query" | "header", object: z.ZodObject | undefined): Json[] {
  if (object === undefined) return [];
  const { properties = {}, required = [] } = taken(object);
  return Object.entries(properties as Record<string, Json>).map(
    ([name, { description, ...schema }]) => ({
      ...{ name, in: place, required: (required as string[]).includes(name), description, schema },
    }),
  );
}

function requestContent({ json, form }: Body): Json {
  return {
    ...(json && { "application/json": { schema: taken(json) } }),
    ...(form && { "multipart/form-data": formContent(form) }),
  };
}

function formContent({ what, fields }: Form): Json {
  const all = Object.entries(fields);
  const properties = all.map(([name, { schema, means }]) => [
    name,
    { description: means, ...taken(schema) },
  ]);
  const file = { description: `The ${what}.`, contentMediaType: "application/octet-stream" };
  const encoding = all
    .filter(([, { json }]) => json)
    .map(([name]) => [name, { contentType: "application/json" }]);
  return {
    schema: {
      type: "object",
      properties: { file, ...Object.fromEntries(properties) },
      required: ["file"],
      additionalProperties: false,
    },
    ...(encoding.length > 0 && { encoding: Object.fromEntries(encoding) }),
  };
}

function responses(operation: Operation, schemas: Schemas): Json {
  const found: Record<string, Json> = {};
  for (const [status, answer] of Object.entries(operation.answers)) {
    found[status] = response(answer, schemas);
  }
  const byStatus = Map.groupBy(problemsOf(operation), (code) => PROBLEMS[code].status);
  for (const [status, codes] of byStatus) found[status] = problems(codes, schemas);
  return { ...found, default: problems(["internal"], schemas) };
}

function response(answer: Answer, schemas: Schemas): Json {
  const headers = Object.entries(answer.headers).map(([name, description]) => [
    name,
    { description, schema: { type: "string" } },
  ]);
  return {
    description: answer.means,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    ...(answer.kind !== "empty" && { content: answerContent(answer, schemas) }),
  };
}

function answerContent(answer: Exclude<Answer, { kind: "empty" }>, schemas: Schemas): Json {
  switch (answer.kind) {
    case "json":
      return { "application/json": { schema: given(answer.schema, schemas) } };
    case "text":
      return { [answer.mediaType]: { schema: { type: "string" } } };
    case "stream":
      // Of server-sent events the schema is that of the data of each: OpenAPI 3.1 has no other place for it.
      return Object.fromEntries(
        answer.mediaTypes.map((type) => [
          type,
          answer.data === undefined ? {} : { schema: given(answer.data, schemas) },
        ]),
      );
  }
}

function problems(codes: readonly ProblemCode[], schemas: Schemas): Json {
  const problem = given(problemSchema, schemas);
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(" "),
    content: {
      "application/problem+json": {
        schema: { allOf: [problem, { properties: { code: { enum: codes } } }] },
      },
    },
  };
}

/** What a client may send. */
function taken(schema: z.ZodType): Json {
  const { $schema: _, ...bare } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema }) => {
      // Notes on options that are for a command line and for documents.
      for (const note of ["flag", "see", "unset", "value"]) delete jsonSchema[note];
      letDefaultsBeLeftOut(jsonSchema);
    },
  });
  return bare;
}

/** Of alternatives that a field tells apart, the one that is the default is also meant where the field is left out. */
function letDefaultsBeLeftOut({ oneOf, default: byDefault }: z.core.JSONSchema.BaseSchema): void {
  if (oneOf === undefined || typeof byDefault !== "object" || byDefault === null) return;
  for (const [field, value] of Object.entries(byDefault)) {
    for (const one of oneOf) {
      const told = one.properties?.[field];
      if (typeof told !== "object" || told.const !== value) continue;
      const required = one.required?.filter((name) => name !== field) ?? [];
      if (required.length === 0) delete one.required;
      else one.required = required;
    }
  }
}

/** What a client gets; what has a name goes to the others that have one. */
function given(schema: z.ZodType, schemas: Schemas): Json {
  const {
    $schema: _,
    $defs,
    ...bare
  } = z.toJSONSchema(schema, {
    io: "output",
    metadata: names,
    override: ({ jsonSchema }) => {
      // Fields may be added.
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  Object.assign(schemas, referring($defs ?? {}));
  return referring(bare);
}

/** The same with every reference to where the document has what has a name. */
function referring(schema: object): Json {
  return JSON.parse(
    JSON.stringify(schema).replaceAll('"$ref":"#/$defs/', '"$ref":"#/components/schemas/'),
  ) as Json;
}
