import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../e2e/product.ts";
import type { FaultCase } from "../fault-case.ts";

type Prepare = (folder: string) => Promise<{
  readonly env?: Record<string, string>;
  readonly around?: readonly string[];
}>;

/** Starts another system, as far as it comes; answers how it ended and what it said. */
async function startAnother(prepare: Prepare): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fq-starting-"));
  try {
    // For the other user.
    await chmod(folder, 0o755);
    const { env = {}, around = [] } = await prepare(folder);
    const [program, ...args] = [...around, "sh", join(ROOT, "scripts/run.sh")];
    const child = spawn(program, [...args, "packages/cli/src/main.ts", "start"], {
      env: {
        ...process.env,
        ...{ FQ_SKIP_SETUP: "1", FQ_DEFAULT_MODEL: "starter-detector", FQ_API_PORT: "0" },
        FQ_DATA_DIR: join(folder, "data"),
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        // One that starts is not what was wanted.
        if (text.includes("Framequeue is ready")) child.kill("SIGINT");
      });
    }
    const [code] = (await once(child, "close")) as [number | null];
    const hasStack = /^\s+at |node:internal|[A-Z]\w*Error\b/m.test(said);
    return `${code}${hasStack ? " with a stack" : ""}: ${said.trim()}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const starting = (
  what: string,
  says: RegExp,
  prepare: Prepare,
  more: Partial<FaultCase> = {},
): FaultCase => ({
  kind: "starting",
  what,
  wants: new RegExp(`^78: [^]*${says.source}`),
  ...more,
  play: () => startAnother(prepare),
});

const STRANGER = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

export const STARTING: readonly FaultCase[] = [
  {
    kind: "starting",
    what: "the port of the API is in use",
    wants: /^78: [^]*another program listens there\. Change FQ_API_HOST or FQ_API_PORT/,
    play: (site) => startAnother(async () => ({ env: { FQ_API_PORT: new URL(site.url).port } })),
  },
  {
    kind: "starting",
    what: "a second system is started on the same data folder",
    wants: /^\d+: [^]*already runs on/,
    play: (site) => startAnother(async () => ({ env: { FQ_DATA_DIR: site.dataDir } })),
  },
  starting("the data folder is a file", /FQ_DATA_DIR/, async (folder) => {
    await writeFile(join(folder, "data"), "");
    return {};
  }),
  starting(
    "the path of the data folder is too long for a socket",
    /FQ_DATA_DIR/,
    async (folder) => ({
      env: { FQ_DATA_DIR: join(folder, "long".repeat(30)) },
    }),
  ),
  starting("the data folder is a link to nowhere", /FQ_DATA_DIR/, async (folder) => {
    await symlink(join(folder, "nowhere/at/all"), join(folder, "data"));
    return {};
  }),
  starting(
    "the data folder is another user's",
    /FQ_DATA_DIR/,
    async (folder) => {
      await mkdir(join(folder, "data"), { mode: 0o700 });
      return { around: STRANGER, env: { HOME: "/" } };
    },
    { root: true },
  ),
  starting("40 files may be open", /ulimit -n/, async () => ({
    around: ["sh", "-c", 'ulimit -n 40; exec "$@"', "few"],
  })),
  {
    kind: "starting",
    what: "Redis' file is damaged before the start",
    wants: /^\d+: [^]*redis-server does not start[^]*aside/,
    play: () =>
      startAnother(async (folder) => {
        const files = join(folder, "data/redis/appendonlydir");
        await mkdir(files, { recursive: true });
        await writeFile(join(files, "appendonly.aof.manifest"), "no manifest at all\n");
        return {};
      }),
  },
];
