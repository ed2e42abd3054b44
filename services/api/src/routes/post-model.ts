import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BOUNDS, MODEL_TASKS, ProblemError } from "@framequeue/contracts";
import { openTempFolder } from "@framequeue/lifetime";
import { registerModel } from "@framequeue/pipeline";
import { createFolderStore } from "@framequeue/storage";
import type { Request, Response } from "express";
import { z } from "zod";
import { ClientGone, throwIfGone } from "../http/client-gone.ts";
import { inTime } from "../http/deadline.ts";
import type { ApiDeps } from "../deps.ts";
import { checked } from "../http/json-body.ts";
import { jsonFault } from "../http/request-problem.ts";
import { receiveUpload, type UploadForm } from "../http/upload.ts";
import { recordOf } from "./model-versions.ts";

type Deps = Pick<ApiDeps, "registry" | "modelLimitBytes" | "checkModel">;

const FORM: UploadForm = {
  what: "ONNX file",
  example: "model.onnx",
  empty: "model-invalid",
  fields: {
    manifest: "JSON",
    labels: "a name a line",
    name: "text",
    version: "text",
    license: "text",
    source: "text",
    parent: "a version's sha256",
    task: MODEL_TASKS.join(", "),
    output: "an output of the graph",
    size: "WIDTHxHEIGHT",
  },
};

const text = z.string().trim().min(1).max(2_000);
const fieldsSchema = z
  .strictObject({
    /** Describes the file; `file` and `sha256` may be left out. */
    manifest: z.string().transform(toJson),
    /** As `models add --labels` takes them. */
    labels: z.string().min(1),
    name: text,
    version: text,
    license: text,
    source: text,
    parent: z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in lower-case hexadecimal"),
    task: z.enum(MODEL_TASKS, `must be one of ${MODEL_TASKS.join(", ")}`),
    output: text,
    size: z
      .string()
      .regex(/^[1-9]\d{0,4}x[1-9]\d{0,4}$/, "must be like 640x480")
      .transform((sides) => {
        const [width, height] = sides.split("x").map(Number);
        return { width: width!, height: height! };
      }),
  })
  .partial();
type Fields = z.output<typeof fieldsSchema>;

/** A large file takes its time on its way into the store. */
const REGISTER_MS = 300_000;

/**
 * `POST /v1/models`: an ONNX file becomes a version. It is opened and run once in a process of its own before anything
 * of it is kept. 201, or 200 where these bytes are a version already.
 */
export function postModel(deps: Deps) {
  return async (request: Request, response: Response): Promise<void> => {
    throwIfGone(request);
    if (typeof request.is("multipart/form-data") !== "string") {
      throw new ProblemError(
        "unsupported-media-type",
        "Send multipart/form-data (with curl: -F file=@model.onnx).",
      );
    }
    const gone = new AbortController();
    response.once("close", () => gone.abort(new ClientGone()));
    const { ref, isNew, assumptions } = await takeIn(deps, request, gone.signal);
    response
      .status(isNew ? 201 : 200)
      .location(`/v1/models/${ref.name}/versions/${ref.sha256}`)
      .json({ name: ref.name, ...(await recordOf(deps.registry, ref)), assumptions });
  };
}

async function takeIn(
  { registry, modelLimitBytes, checkModel }: Deps,
  request: Request,
  signal: AbortSignal,
) {
  await using temporary = await openTempFolder("model");
  const folder = temporary.path;
  const { fields, ...received } = await receive(request, folder, modelLimitBytes);
  const options = await checkOptions(fields, received.sha256, folder);
  const model = await checkModel(join(folder, received.key), options, signal);
  const lineage = { by: "upload", ...(fields.parent && { parent: fields.parent }) } as const;
  const registered = await inTime(
    registerModel(registry, { ...model, stated: statedIn(fields) }, lineage),
    REGISTER_MS,
  );
  return { ...registered, assumptions: model.assumptions };
}

/** Takes the form in; its file lies in the folder, under the key. */
async function receive(request: Request, folder: string, limitBytes: number) {
  const place = createFolderStore(folder);
  let key = "";
  let sha256 = "";
  const { fields } = await receiveUpload(request, FORM, {
    async save(file, name, signal) {
      key = fileNameOf(name);
      const saved = await place.putStream(key, file, { limitBytes, signal });
      sha256 = saved.sha256;
      return saved;
    },
    checkField: (field, value) => void checked(fieldsSchema, { [field]: value }, "form"),
  });
  return { key, sha256, fields: checked(fieldsSchema, Object.fromEntries(fields), "form") };
}

/** The client's name for the file, as far as a file of ours may have it: what has no manifest is called by it. */
function fileNameOf(given: string): string {
  const stem = given.replace(/\.onnx$/i, "").replace(/[^A-Za-z0-9._-]+/g, "-");
  return `${stem.replace(/^[.-]+/, "").slice(0, BOUNDS.modelName) || "model"}.onnx`;
}

/** What a process needs to check the file; texts that it reads lie in the folder, too. */
async function checkOptions(
  { manifest, labels, ...fields }: Fields,
  sha256: string,
  folder: string,
) {
  const { parent: _parent, ...options } = fields;
  const write = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const described = manifest && JSON.stringify({ file: "model.onnx", sha256, ...manifest });
  return {
    ...options,
    ...(described && { manifest: await write("manifest.json", described) }),
    ...(labels && { labelsFile: await write("labels.txt", labels) }),
  };
}

/**
 * The manifest's fields that the client has an opinion on, where these bytes are a version already; undefined for all.
 * Whoever sends a bare file says nothing about its use.
 */
function statedIn(fields: Fields): readonly string[] | undefined {
  const { manifest, labels, task, output, size, ...about } = fields;
  if ([manifest, labels, task, output, size].some((hint) => hint !== undefined)) return undefined;
  return (["name", "version", "license", "source"] as const).filter((field) => about[field]);
}

function toJson(text: string, context: z.RefinementCtx): Record<string, unknown> {
  let fault = "must be a JSON object";
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (error) {
    fault = `is not JSON: ${jsonFault(error)}`;
  }
  context.addIssue({ code: "custom", message: fault });
  return z.NEVER;
}
