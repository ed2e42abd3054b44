import type { IncomingMessage } from "node:http";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { ProblemError } from "@framequeue/contracts";
import busboy from "busboy";
import { ClientGone } from "./client-gone.ts";
import { displayName } from "./source-name.ts";

const OPTIONS_LIMIT_BYTES = 1_000_000;
/** Parts beyond the two that have a meaning are named in the answer, so a few are read. */
const PARTS_LIMIT = 10;

export interface Upload {
  readonly name: string;
  readonly bytes: number;
  /** Text of the `options` field. */
  readonly options: string | undefined;
}

export interface UploadHooks {
  /** Stores the file; gives up when the signal fires. */
  readonly save: (
    file: Readable,
    name: string,
    signal: AbortSignal,
  ) => Promise<{ readonly bytes: number }>;
  /** Throws where the `options` field is wrong, so that a file that follows it need not be sent. */
  readonly checkOptions: (text: string) => void;
}

/**
 * Reads a `multipart/form-data` body: one `file`, and perhaps `options` before or after it. The file goes through as
 * it comes; nothing but the options is held in memory.
 *
 * @throws ProblemError for a body that is not of that form, what `hooks` throw, and {@link ClientGone}. When it
 * throws, `save` has returned.
 */
export async function receiveUpload(request: IncomingMessage, hooks: UploadHooks): Promise<Upload> {
  const form = openForm(request);
  const stop = new AbortController();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const fail = (error: unknown): void => {
    stop.abort(error);
    failure.reject(error);
  };
  let saving: Promise<{ readonly bytes: number }> | undefined;
  let name = "";
  let options: string | undefined;

  form.on("file", (field, file, { filename }) => {
    // A file that nobody reads any more may break too; the form tells of it.
    file.on("error", () => {});
    if (field !== "file" || saving !== undefined) {
      file.resume();
      fail(field === "file" ? twoFiles() : unknownField(field));
      return;
    }
    name = displayName(filename, "upload");
    saving = hooks.save(file, name, stop.signal);
    // A body that ends early breaks the file first; what the form says about it comes right after and is the cause.
    saving.catch((error: unknown) => setImmediate(fail, error));
  });
  form.on("field", (field, value, { valueTruncated }) => {
    try {
      if (field === "file") throw notAFile();
      if (field !== "options") throw unknownField(field);
      if (valueTruncated) throw optionsTooLarge();
      if (options !== undefined) throw new ProblemError("invalid-request", "options stands twice.");
      hooks.checkOptions(value);
      options = value;
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
    if (saving === undefined) throw noFile();
    const { bytes } = await Promise.race([saving, failure.promise]);
    if (bytes === 0) throw new ProblemError("source-empty", `${name} is empty.`, { at: "file" });
    return { name, bytes, options };
  } catch (error) {
    stop.abort(error);
    request.unpipe(form);
    request.resume();
    await saving?.catch(() => {});
    throw error;
  }
}

function openForm(request: IncomingMessage): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: "utf8",
      limits: { parts: PARTS_LIMIT, fieldSize: OPTIONS_LIMIT_BYTES, fieldNameSize: 200 },
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

const noFile = (): ProblemError =>
  new ProblemError("invalid-request", "The form has no file; send the video in the field file.", {
    at: "file",
  });
const twoFiles = (): ProblemError =>
  new ProblemError("invalid-request", "The form has two files; a job has one video.", {
    at: "file",
  });
const notAFile = (): ProblemError =>
  new ProblemError(
    "invalid-request",
    "The field file is text; send the video itself there (with curl: -F file=@video.mp4).",
    { at: "file" },
  );
const unknownField = (field: string): ProblemError =>
  new ProblemError(
    "unknown-option",
    `There is no field ${JSON.stringify(field)}; the form has file (the video) and options (JSON).`,
    { at: field },
  );
const optionsTooLarge = (): ProblemError =>
  new ProblemError("payload-too-large", `options is larger than ${OPTIONS_LIMIT_BYTES} bytes.`, {
    at: "options",
  });
