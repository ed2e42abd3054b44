import type { IncomingMessage } from "node:http";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { type ProblemCode, ProblemError } from "@framequeue/contracts";
import busboy from "busboy";
import { ClientGone } from "./client-gone.ts";
import { displayName } from "../jobs/source-name.ts";

const FIELD_LIMIT_BYTES = 1_000_000;
/** Parts beyond those that have a meaning are named in the answer, so a few are read. */
const SPARE_PARTS = 8;

export interface Upload {
  readonly name: string;
  readonly bytes: number;
  /** Texts of the fields beside the file. */
  readonly fields: ReadonlyMap<string, string>;
}

/** What a form is for, as its answers say it. */
export interface UploadForm {
  /** Such as `video`. */
  readonly what: string;
  /** A file of that kind, for the example. */
  readonly example: string;
  /** What an empty file is. */
  readonly empty: ProblemCode;
  /** Names of the text fields that may stand beside the file, with what each is. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface UploadHooks {
  /** Stores the file; gives up when the signal fires. */
  readonly save: (
    file: Readable,
    name: string,
    signal: AbortSignal,
  ) => Promise<{ readonly bytes: number }>;
  /** Throws where a text field is wrong, so that a file that follows it need not be sent. */
  readonly checkField: (field: string, text: string) => void;
}

/**
 * Reads a `multipart/form-data` body: one `file`, and text fields before or after it. The file goes through as it
 * comes; nothing but the texts is held in memory.
 *
 * @throws ProblemError for a body that is not of that form, what `hooks` throw, and {@link ClientGone}. When it
 * throws, `save` has returned.
 */
export async function receiveUpload(
  request: IncomingMessage,
  { what, example, empty, fields: known }: UploadForm,
  hooks: UploadHooks,
): Promise<Upload> {
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
  const fields = new Map<string, string>();
  const unknownField = (field: string): ProblemError => {
    const all = Object.entries({ file: `the ${what}`, ...known });
    const list = all.map(([name, means]) => `${name} (${means})`);
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
    saving = hooks.save(file, name, stop.signal);
    // A body that ends early breaks the file first; what the form says about it comes right after and is the cause.
    saving.catch((error: unknown) => setImmediate(fail, error));
  });
  form.on("field", (field, value, { valueTruncated }) => {
    try {
      if (field === "file") throw notAFile(what, example);
      if (!Object.hasOwn(known, field)) throw unknownField(field);
      if (valueTruncated) throw fieldTooLarge(field);
      if (fields.has(field)) {
        throw new ProblemError("invalid-request", `${field} stands twice.`);
      }
      hooks.checkField(field, value);
      fields.set(field, value);
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
    return { name, bytes, fields };
  } catch (error) {
    stop.abort(error);
    request.unpipe(form);
    request.resume();
    await saving?.catch(() => {});
    throw error;
  }
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
