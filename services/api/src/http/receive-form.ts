import type { IncomingMessage } from "node:http";
import { once } from "node:events";
import { type Form, type FormField, jsonFault, ProblemError } from "@framequeue/contracts";
import busboy from "busboy";
import { displayName } from "../jobs/source-name.ts";
import { JSON_LIMIT_BYTES, jsonTooLarge, refuseOversized } from "./body-bounds.ts";
import { ClientGone } from "./client-gone.ts";
import type { FieldsOf, ReceiveForm, SaveFile } from "./handler.ts";
import { checked } from "./json-body.ts";

const FIELD_LIMIT_BYTES = 1_000_000;
/** Parts beyond those that have a meaning are named in the answer, so a few are read. */
const SPARE_PARTS = 8;

/**
 * Reads a `multipart/form-data` body: one `file`, and text fields before or after it. The file goes through as it
 * comes; nothing but the texts is held in memory. A field that is wrong is told at once, so that a file that follows it
 * need not be sent.
 *
 * @returns a function that throws ProblemError for a body that is not of that form, what `save` throws, and
 * {@link ClientGone}. When it throws, `save` has returned.
 */
export function receiveForm<F extends Form>(request: IncomingMessage, declared: F): ReceiveForm<F> {
  return (save) => receive(request, declared, save);
}

async function receive<F extends Form>(
  request: IncomingMessage,
  declared: F,
  save: SaveFile<F>,
): Promise<{ name: string; fields: FieldsOf<F> }> {
  const { what, example, empty, fields: known } = declared;
  const form = openForm(request, SPARE_PARTS + 1 + Object.keys(known).length);
  const stop = new AbortController();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const fail = (error: unknown): void => {
    stop.abort(error);
    failure.reject(error);
  };
  let saving: Promise<{ readonly bytes: number }> | undefined;
  let name = "";
  const fields: Record<string, unknown> = {};
  const unknownField = (field: string): ProblemError => {
    const beside = Object.entries(known).map(([name, { means }]) => `${name} (${means})`);
    const list = [`file (the ${what})`, ...beside];
    return new ProblemError(
      "unknown-option",
      `There is no field ${JSON.stringify(field)}; the form has ${list.slice(0, -1).join(", ")} and ${list.at(-1)}.`,
      { at: field },
    );
  };

  form.on("file", (field, file, { filename }) => {
    // A file that nobody reads any more may break too; the form tells of it.
    file.on("error", () => {});
    if (field !== "file" || saving !== undefined) {
      file.resume();
      const isText = Object.hasOwn(known, field);
      fail(field === "file" ? twoFiles(what) : isText ? notText(field) : unknownField(field));
      return;
    }
    name = displayName(filename, "upload");
    saving = save(file, name, { ...fields } as FieldsOf<F>, stop.signal);
    // A body that ends early breaks the file first; what the form says about it comes right after and is the cause.
    saving.catch((error: unknown) => setImmediate(fail, error));
  });
  form.on("field", (field, value, { valueTruncated }) => {
    try {
      if (field === "file") throw notAFile(what, example);
      if (!Object.hasOwn(known, field)) throw unknownField(field);
      if (valueTruncated) throw fieldTooLarge(field);
      if (Object.hasOwn(fields, field)) {
        throw new ProblemError("invalid-request", `${field} stands twice.`);
      }
      fields[field] = fieldValue(field, known[field]!, value);
    } catch (error) {
      fail(error);
    }
  });
  form.on("partsLimit", () =>
    fail(new ProblemError("invalid-request", "The form has too many parts.")),
  );
  form.on("error", (error) => fail(malformed(error)));
  request.once("close", () => {
    if (!request.complete) fail(new ClientGone());
  });

  try {
    const parsed = once(form, "close");
    parsed.catch(() => {}); // told through `fail`
    request.pipe(form);
    await Promise.race([parsed, failure.promise]);
    if (saving === undefined) throw noFile(what);
    const { bytes } = await Promise.race([saving, failure.promise]);
    if (bytes === 0) throw new ProblemError(empty, `${name} is empty.`, { at: "file" });
    return { name, fields: fields as FieldsOf<F> };
  } catch (error) {
    stop.abort(error);
    request.unpipe(form);
    request.resume();
    await saving?.catch(() => {});
    throw error;
  }
}

/** What the text of a field says. */
function fieldValue(name: string, { schema, json }: FormField, text: string): unknown {
  if (!json) return checked(schema, text, name);
  if (Buffer.byteLength(text) > JSON_LIMIT_BYTES) throw jsonTooLarge(`The field ${name}`, name);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ProblemError("invalid-json", `The field ${name} is not JSON: ${jsonFault(error)}.`, {
      at: name,
    });
  }
  refuseOversized(value, name);
  return checked(schema, value, name);
}

function openForm(request: IncomingMessage, parts: number): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: "utf8",
      limits: { parts, fieldSize: FIELD_LIMIT_BYTES, fieldNameSize: 200 },
    });
  } catch (error) {
    throw malformed(error);
  }
}

function malformed(cause: unknown): ProblemError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ProblemError(
    "invalid-request",
    `The multipart/form-data body is not well formed: ${why}.`,
    { cause },
  );
}

const noFile = (what: string): ProblemError =>
  new ProblemError("invalid-request", `The form has no file; send the ${what} in the field file.`, {
    at: "file",
  });
const twoFiles = (what: string): ProblemError =>
  new ProblemError("invalid-request", `The form has two files; it is for one ${what}.`, {
    at: "file",
  });
const notAFile = (what: string, example: string): ProblemError =>
  new ProblemError(
    "invalid-request",
    `The field file is text; send the ${what} itself there (with curl: -F file=@${example}).`,
    { at: "file" },
  );
const notText = (field: string): ProblemError =>
  new ProblemError(
    "invalid-request",
    `The field ${field} is text, not a file (with curl: -F '${field}=<FILE').`,
    { at: field },
  );
const fieldTooLarge = (field: string): ProblemError =>
  new ProblemError("payload-too-large", `${field} is larger than ${FIELD_LIMIT_BYTES} bytes.`, {
    at: field,
  });
