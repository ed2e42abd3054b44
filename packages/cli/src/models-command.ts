import { join } from "node:path";
import { parseArgs } from "node:util";
import { ProblemError } from "@framequeue/contracts";
import { listModels, pullModel } from "@framequeue/models";
import { showProviders } from "./models-providers.ts";
import { tuneModel } from "./models-tune.ts";
import { registerModels } from "./register-models.ts";
import type { Terminal } from "./terminal.ts";

const USAGE = `Usage: npm run models -- list              the models that can be named
       npm run models -- pull NAME         fetches a model into data/models
       npm run models -- store [NAME|FILE] puts the models that are here, and this one (default
                                           FQ_DEFAULT_MODEL or yolox-nano), where the services look
       npm run models -- tune NAME|FILE    measures how the model runs fastest here, and remembers it
       npm run models -- providers         what models can run on here, and why not
`;

/** `models`: looks at, fetches and registers models. Answers the exit code. */
export async function models(args: readonly string[], terminal: Terminal): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true, strict: false });
  const [command, name] = positionals;
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
    case "tune":
      return tuneModel(args.slice(1), terminal);
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
      const wanted = name ?? (terminal.env["FQ_DEFAULT_MODEL"] || "yolox-nano");
      const stored = await registerModels(wanted, terminal);
      terminal.stdout.write(`${stored}\n`);
      return 0;
    }
    case undefined:
      (args.includes("--help") ? terminal.stdout : terminal.stderr).write(USAGE);
      return args.includes("--help") ? 0 : 1;
    default:
      throw new ProblemError(
        "invalid-request",
        `There is no command ${command}; there are list, pull, store, tune and providers.`,
        {
          at: command,
        },
      );
  }
}
