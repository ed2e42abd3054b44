import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "@framequeue/service";
import { readApiConfig } from "./config.ts";

const KEY = "0123456789abcdef";

function faultOf(env: Record<string, string>): string {
  try {
    readApiConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return "";
}

test("the default is loopback without keys", () => {
  const config = readApiConfig({});
  assert.equal(config.host, "127.0.0.1");
  assert.equal(config.port, 8080);
  assert.deepEqual(config.apiKeys, []);
  assert.deepEqual(config.sourceRoots, []);
  assert.equal(config.defaultModel, "yolox-nano");
});

test("without keys every other host is refused with a sentence", () => {
  for (const host of ["localhost", "::1", "127.0.0.1", "127.1.2.3"]) {
    assert.equal(faultOf({ FQ_API_HOST: host }), "");
  }
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "example.org", "127.evil.example"]) {
    assert.equal(
      faultOf({ FQ_API_HOST: host }),
      `FQ_API_KEYS: must hold at least one key, because FQ_API_HOST is ${host}: ` +
        "without keys the API listens on 127.0.0.1 only",
    );
    assert.equal(faultOf({ FQ_API_HOST: host, FQ_API_KEYS: KEY }), "");
  }
});

test("keys are read as a list; weak ones are refused and not repeated", () => {
  assert.deepEqual(readApiConfig({ FQ_API_KEYS: `${KEY}, ${KEY}2` }).apiKeys, [KEY, `${KEY}2`]);
  const fault = faultOf({ FQ_API_KEYS: `${KEY},short` });
  assert.match(fault, /^FQ_API_KEYS: must hold keys of at least 16 visible ASCII characters each$/);
});

test("source roots become absolute", () => {
  assert.deepEqual(readApiConfig({ FQ_SOURCE_ROOTS: "/a/../b, /c" }).sourceRoots, ["/b", "/c"]);
});
