import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { commonConfig } from "./common-config.ts";
import { ConfigError, readConfig } from "./config.ts";
import { listSetting } from "./settings.ts";

const schema = z.object({
  REDIS_URL: commonConfig.REDIS_URL,
  FQ_API_KEYS: listSetting(),
});

async function files(contents: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), "fq-secrets-"));
  for (const [name, text] of Object.entries(contents)) await writeFile(join(folder, name), text);
  return {
    at: (name: string) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test("a secret can stand in a file, keys one a line", async () => {
  await using secrets = await files({
    url: "redis://:pass@redis:6379\n",
    keys: "first-key\nsecond-key,third-key\n\n",
  });
  const env = { REDIS_URL_FILE: secrets.at("url"), FQ_API_KEYS_FILE: secrets.at("keys") };
  assert.deepEqual(readConfig(schema, env), {
    REDIS_URL: "redis://:pass@redis:6379",
    FQ_API_KEYS: ["first-key", "second-key", "third-key"],
  });
});

test("the name of a file that is set to nothing counts as unset", () => {
  const config = readConfig(schema, { FQ_API_KEYS: "key", FQ_API_KEYS_FILE: " " });
  assert.deepEqual(config.FQ_API_KEYS, ["key"]);
});

test("missing and empty files, and secrets given twice, are all named", async () => {
  await using secrets = await files({ empty: " \n" });
  assert.throws(
    () =>
      readConfig(schema, {
        REDIS_URL_FILE: "/nowhere/url",
        FQ_API_KEYS: "key",
        FQ_API_KEYS_FILE: secrets.at("empty"),
        FQ_ADMIN_KEYS_FILE: secrets.at("empty"),
      }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.faults, [
        "REDIS_URL_FILE: must name a file that can be read, but /nowhere/url gives ENOENT",
        "FQ_API_KEYS_FILE: must not be set beside FQ_API_KEYS",
        `FQ_ADMIN_KEYS_FILE: must not be empty, but ${secrets.at("empty")} is`,
      ]);
      return true;
    },
  );
});

test("files of other programs' secrets are left alone", () => {
  const env = { AWS_WEB_IDENTITY_TOKEN_FILE: "/nowhere", FQ_SITE_FILE: "/nowhere" };
  assert.deepEqual(readConfig(schema, env).FQ_API_KEYS, []);
});
