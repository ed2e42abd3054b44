import { join } from "node:path";
import { MODEL_TASKS, ProblemError } from "@framequeue/contracts";
import { listModels, pullModel } from "@framequeue/models";
import { addNamedModel, inspectModel } from "./models-describe.ts";
import { compareModels } from "./models-compare.ts";
import { pushModel } from "./models-push.ts";
import { parseStrictly } from "../options/parse-options.ts";
import { showProviders } from "./models-providers.ts";
import { remoteModels } from "./models-remote.ts";
import { tuneModel } from "./models-tune.ts";
import { defaultModel, registerModels } from "../system/register-models.ts";
import type { Terminal } from "../text/terminal.ts";

const USAGE = `Usage: npm run models -- list              the models that can be named
       npm run models -- pull NAME         fetches a model into data/models
       npm run models -- store [NAME|FILE] puts the models that are here, and this one (default
                                           FQ_DEFAULT_MODEL or yolox-nano), where the services look
       npm run models -- tune NAME|FILE    measures how the model runs fastest here, and remembers it
       npm run models -- inspect FILE      proposes a manifest for an ONNX file, and says what it assumes
       npm run models -- add FILE          gives an ONNX file a name (data/models), once it has run
       npm run models -- compare A B VIDEO how far two models agree on a video, and how fast each is
       npm run models -- push NAME|FILE    sends a model to a running system
       npm run models -- versions, alias, rollback, metrics, release, delete
                                           which versions a running system has, and which of them new jobs get
       npm run models -- providers         what models can run on here, and why not

inspect and add take:
  --labels FILE       names of the classes: one a line, or INDEX,NAME
  --task TASK         where the shapes alone do not tell: ${MODEL_TASKS.join(", ")}
  --output NAME       where several outputs could be meant
  --size WxH          where the graph leaves the sides of its input open
and add also --name NAME, --license TEXT, and --manifest FILE instead of a proposal.
`;

const KNOWN: readonly string[] = ["list", "pull", "store", "providers"];
const REMOTE: readonly string[] = ["versions", "alias", "rollback", "metrics", "release", "delete"];

/** `models`: looks at, fetches and registers models. Answers the exit code. */
export async function models(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args[0] === "inspect") return inspectModel(args.slice(1), terminal);
  if (args[0] === "add") return addNamedModel(args.slice(1), terminal);
  if (args[0] === "compare") return compareModels(args.slice(1), terminal);
  if (args[0] === "push") return pushModel(args.slice(1), terminal);
  if (REMOTE.includes(args[0] ?? "")) return remoteModels(args, terminal);
  if (args[0] === "tune") return tuneModel(args.slice(1), terminal);
  const { positionals, values } = parseStrictly({
    args: [...args],
    allowPositionals: true,
    options: { help: { type: "boolean", default: false } },
  });
  if (values.help) {
    terminal.stdout.write(USAGE);
    return 0;
  }
  const [command, name] = positionals;
  const spare = positionals[command === "pull" || command === "store" ? 2 : 1];
  if (command !== undefined && KNOWN.includes(command) && spare !== undefined) {
    throw new ProblemError("invalid-request", `${command} has no use for ${spare}.`, { at: spare });
  }
  const cacheDir = join(terminal.dataDir, "models");
  switch (command) {
    case "list": {
      const known = await listModels({ cacheDir, bundledDir: terminal.bundledModelsDir });
      for (const { name, origin, present } of known) {
        terminal.stdout.write(
          `${name}  ${present ? `here (${origin})` : `to be fetched (${origin})`}\n`,
        );
      }
      return 0;
    }
    case "providers":
      return showProviders(terminal);
    case "pull": {
      if (name === undefined) {
        throw new ProblemError("invalid-request", "Name a model: npm run models -- pull NAME", {
          at: "NAME",
        });
      }
      const folder = await pullModel(name, {
        cacheDir,
        proxyEnv: terminal.env,
        signal: terminal.signal,
        onProgress: terminal.onDownload,
      });
      terminal.stdout.write(`${folder}\n`);
      return 0;
    }
    case "store": {
      const wanted = name ?? defaultModel(terminal.env);
      const stored = await registerModels(wanted, terminal);
      terminal.stdout.write(`${stored}\n`);
      return 0;
    }
    case undefined:
      terminal.stderr.write(USAGE);
      return 1;
    default:
      throw new ProblemError(
        "invalid-request",
        `There is no command ${command}; there are list, pull, store, inspect, add, push, tune, compare, ${REMOTE.join(", ")} and providers.`,
        {
          at: command,
        },
      );
  }
}
