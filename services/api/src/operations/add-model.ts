import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BOUNDS, type Operations } from "@framequeue/contracts";
import { openTempFolder } from "@framequeue/lifetime";
import { registerModel } from "@framequeue/pipeline";
import { createFolderStore } from "@framequeue/storage";
import type { ApiDeps } from "../deps.ts";
import { inTime } from "../http/deadline.ts";
import type { Handler, Input } from "../http/handler.ts";
import { recordOf } from "../models/model-view.ts";

type Deps = Pick<ApiDeps, "registry" | "modelLimitBytes" | "checkModel">;

type AddModel = Operations["addModel"];
type ReceiveModel = Input<AddModel>["form"];
type Fields = Awaited<ReturnType<ReceiveModel>>["fields"];

/** A large file takes its time on its way into the store. */
const REGISTER_MS = 300_000;

/**
 * An ONNX file becomes a version. It is opened and run once in a process of its own before anything of it is kept. 201,
 * or 200 where these bytes are a version already.
 */
export function addModel(deps: Deps): Handler<AddModel> {
  return async ({ form, signal }) => {
    const { ref, isNew, assumptions } = await takeIn(deps, form, signal);
    return {
      status: isNew ? 201 : 200,
      headers: { location: `/v1/models/${ref.name}/versions/${ref.sha256}` },
      json: {
        name: ref.name,
        ...(await recordOf(deps.registry, ref)),
        assumptions: [...assumptions],
      },
    };
  };
}

async function takeIn(
  { registry, modelLimitBytes, checkModel }: Deps,
  receive: ReceiveModel,
  signal: AbortSignal,
) {
  await using temporary = await openTempFolder("model");
  const folder = temporary.path;
  const place = createFolderStore(folder);
  let key = "";
  let sha256 = "";
  const { fields } = await receive(async (file, name, _before, stop) => {
    key = fileNameOf(name);
    const saved = await place.putStream(key, file, { limitBytes: modelLimitBytes, signal: stop });
    sha256 = saved.sha256;
    return saved;
  });
  const options = await checkOptions(fields, sha256, folder);
  const model = await checkModel(join(folder, key), options, signal);
  const lineage = { by: "upload", ...(fields.parent && { parent: fields.parent }) } as const;
  const registered = await inTime(
    registerModel(registry, { ...model, stated: statedIn(fields) }, lineage),
    REGISTER_MS,
  );
  return { ...registered, assumptions: model.assumptions };
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
