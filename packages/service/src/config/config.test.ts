import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { commonConfig, commonSettings } from "./common-config.ts";
import { ConfigError, readConfig } from "./config.ts";
import {
  choiceSetting,
  flagSetting,
  integerSetting,
  listSetting,
  numberSetting,
  textSetting,
} from "./settings.ts";

const schema = z
  .object({ ...commonConfig, FQ_CONCURRENCY: integerSetting({ min: 1, max: 64, default: 2 }) })
  .transform((env) => ({ ...commonSettings(env), concurrency: env.FQ_CONCURRENCY }));

function faultsOf(s: z.ZodType, env: Record<string, string>): readonly string[] {
  try {
    readConfig(s, env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.message, error.faults.join("\n"));
    return error.faults;
  }
  return [];
}

test("an empty environment gives the defaults, with absolute folders", () => {
  assert.deepEqual(readConfig(schema, {}), {
    redisUrl: "redis://127.0.0.1:6379",
    site: "site",
    dataDir: resolve("data"),
    objectStore: "folder",
    objectsDir: resolve("data/objects"),
    framesDir: resolve("data/frames"),
    frameStore: "file",
    frameRedisUrls: [],
    frameTtlSeconds: 21_600,
    frameBudgetBytes: 2 * 2 ** 30,
    lockMs: 15_000,
    metricsHost: "127.0.0.1",
    metricsPort: 0,
    logLevel: "info",
    tracing: { exporter: "none", protocol: "http/protobuf", ratio: 1, delayMs: 5_000 },
    drainTimeoutMs: 20_000,
    concurrency: 2,
  });
});

test("what is set to nothing counts as unset, and foreign variables do not matter", () => {
  const config = readConfig(schema, {
    FQ_SITE: "",
    FQ_LOG_LEVEL: "  ",
    HOME: "/root",
    X: undefined,
  });
  assert.equal(config.site, "site");
  assert.equal(config.logLevel, "info");
});

test("objects and frames lie in the data folder unless they are put elsewhere", () => {
  const config = readConfig(schema, { FQ_DATA_DIR: "/d", FQ_FRAMES_DIR: "/dev/shm/fq" });
  assert.equal(config.objectsDir, "/d/objects");
  assert.equal(config.framesDir, "/dev/shm/fq");
});

test("every fault is listed by the name of its variable, and secrets are not repeated", () => {
  const faults = faultsOf(schema, {
    REDIS_URL: "http://user:secret@host",
    FQ_SITE: "My Site",
    FQ_METRICS_PORT: "99999",
    FQ_LOG_LEVEL: "loud",
    FQ_CONCURRENCY: "many",
  });
  assert.deepEqual(faults, [
    "REDIS_URL: must be a URL such as redis://host:6379, rediss://host:6379 or unix:///path",
    'FQ_SITE: must be 1 to 40 lower-case letters, digits and dashes, but is "My Site"',
    'FQ_METRICS_PORT: must be a whole number from 0 to 65535, but is "99999"',
    'FQ_LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent, but is "loud"',
    'FQ_CONCURRENCY: must be a whole number from 1 to 64, but is "many"',
  ]);
});

test("settings: what each accepts", () => {
  const table: [z.ZodType, string, unknown][] = [
    [integerSetting({ min: 0, default: 1 }), "0", 0],
    [integerSetting({ min: 0, default: 1 }), " 12 ", 12],
    [integerSetting({ min: -5, max: 5, default: 1 }), "-5", -5],
    [numberSetting({ min: 0, max: 1, default: 0 }), "0.25", 0.25],
    [choiceSetting(["a", "b"], "a"), "b", "b"],
    [flagSetting(false), "Yes", true],
    [flagSetting(true), "0", false],
    [listSetting(), " a, ,b ", ["a", "b"]],
    [textSetting({ pattern: /^x+$/, form: "x", default: "x" }), "xx", "xx"],
  ];
  for (const [setting, text, value] of table) {
    assert.deepEqual(readConfig(z.object({ FQ_X: setting }), { FQ_X: text }), { FQ_X: value });
  }
});

test("settings: what each refuses", () => {
  const table: [z.ZodType, string, RegExp][] = [
    [integerSetting({ min: 3, default: 4 }), "2", /a whole number of at least 3, but is "2"/],
    [integerSetting({ min: 0, max: 9, default: 4 }), "1.5", /from 0 to 9/],
    [integerSetting({ min: 0, default: 4 }), "1e3", /whole number/],
    [integerSetting({ min: 0, default: 4 }), "99999999999999999999", /whole number/],
    [numberSetting({ min: 0, max: 1, default: 0 }), "x", /a number from 0 to 1/],
    [choiceSetting(["a", "b"], "a"), "c", /one of a, b/],
    [flagSetting(false), "maybe", /true or false/],
  ];
  for (const [setting, text, fault] of table) {
    const faults = faultsOf(z.object({ FQ_X: setting }), { FQ_X: text });
    assert.equal(faults.length, 1);
    assert.match(faults[0]!, fault);
    assert.match(faults[0]!, /^FQ_X: must be /);
  }
});

test("pixels in Redis need servers, and a wrong one is told by its place, without its password", () => {
  assert.deepEqual(faultsOf(schema, { FQ_FRAME_STORE: "redis" }), [
    "FQ_FRAME_REDIS_URLS: must name at least one server, because FQ_FRAME_STORE is redis",
  ]);
  const [fault, ...more] = faultsOf(schema, {
    FQ_FRAME_STORE: "redis",
    FQ_FRAME_REDIS_URLS: "redis://a:6379, http://:secret@b",
  });
  assert.match(fault!, /^FQ_FRAME_REDIS_URLS: .* number 2 is none$/);
  assert.doesNotMatch(fault!, /secret/);
  assert.deepEqual(more, []);
  const config = readConfig(schema, {
    FQ_FRAME_STORE: "redis",
    FQ_FRAME_REDIS_URLS: "redis://a:6379, unix:///run/b.sock,",
    FQ_FRAME_TTL_SECONDS: "600",
  });
  assert.deepEqual(config.frameRedisUrls, ["redis://a:6379", "unix:///run/b.sock"]);
  assert.deepEqual([config.frameStore, config.frameTtlSeconds], ["redis", 600]);
});
