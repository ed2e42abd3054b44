import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { S3Settings } from "../s3-connection.ts";
import { createS3Store } from "../s3-store.ts";

/** A server that speaks S3, and a way to a bucket of the test's own in it. */
export interface TestS3 extends AsyncDisposable {
  readonly endpoint: string;
  /** Of a bucket that is new, and gone with the server or left in it. */
  bucket(): Promise<S3Settings>;
}

/** Why there is no server here, for a test's skip; undefined where there is one. */
export function noS3Server(): string | undefined {
  if (process.env["FQ_TEST_S3_ENDPOINT"]) return undefined;
  const moto = spawnSync("python3", ["-c", "import moto.server, flask"], { stdio: "ignore" });
  if (moto.status === 0) return undefined;
  return "SKIPPED: no S3 server. FQ_TEST_S3_ENDPOINT names one, or python3 has moto with its server.";
}

/**
 * The server of FQ_TEST_S3_ENDPOINT, with the keys of FQ_TEST_S3_ACCESS_KEY_ID and FQ_TEST_S3_SECRET_ACCESS_KEY, or
 * else one of the test's own: Python's moto, in memory.
 */
export async function startS3Server(): Promise<TestS3> {
  const { env } = process;
  const given = env["FQ_TEST_S3_ENDPOINT"];
  const own = given ? undefined : await startMoto();
  const endpoint = given ?? own!.endpoint;
  return {
    endpoint,
    async bucket() {
      const settings: S3Settings = {
        bucket: `fq-test-${randomBytes(6).toString("hex")}`,
        prefix: "",
        endpoint,
        region: env["FQ_TEST_S3_REGION"] ?? "us-east-1",
        pathStyle: true,
        checksums: env["FQ_TEST_S3_CHECKSUMS"] === "supported" ? "supported" : "required",
        keepCopiesBytes: 2 ** 20,
        credentials: {
          accessKeyId: env["FQ_TEST_S3_ACCESS_KEY_ID"] ?? "test",
          secretAccessKey: env["FQ_TEST_S3_SECRET_ACCESS_KEY"] ?? "test",
        },
      };
      await using store = createS3Store(settings);
      await store.makeBucket();
      return settings;
    },
    async [Symbol.asyncDispose]() {
      await own?.stop();
    },
  };
}

async function startMoto(): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const args = ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)];
  const server = spawn("python3", args, { stdio: "ignore" });
  const kill = (): boolean => server.kill("SIGKILL");
  process.once("exit", kill);
  const exited = once(server, "exit");
  const endpoint = `http://127.0.0.1:${port}`;
  for (;;) {
    const up = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (up) break;
    if (server.exitCode !== null) throw new Error(`moto ends with code ${server.exitCode}.`);
    await sleep(50);
  }
  return {
    endpoint,
    async stop() {
      process.off("exit", kill);
      kill();
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
