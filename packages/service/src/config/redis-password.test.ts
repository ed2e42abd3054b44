import assert from "node:assert/strict";
import { test } from "node:test";
import { readFrameRedisUrls, readRedisUrl } from "./common-config.ts";
import { withRedisPassword } from "./redis-password.ts";

const PASSWORD = "a-long-password-1";

test("a URL keeps the password that it has, and its user", () => {
  const withOurs = (url: string) => withRedisPassword(url, "a-long-password-1", "REDIS_PASSWORD");
  assert.equal(withOurs("redis://:own@a:1"), "redis://:own@a:1");
  assert.equal(withOurs("rediss://user@a:1/2"), "rediss://user:a-long-password-1@a:1/2");
  assert.equal(withRedisPassword("redis://a:1", undefined, "REDIS_PASSWORD"), "redis://a:1");
});

test("the servers for pixels have one of their own", () => {
  const env = {
    FQ_FRAME_REDIS_URLS: "redis://a:1,redis://b:2",
    FQ_FRAME_REDIS_PASSWORD: "a-long-password-1",
    REDIS_PASSWORD: "another-password-",
  };
  assert.deepEqual(readFrameRedisUrls(env), [
    "redis://:a-long-password-1@a:1",
    "redis://:a-long-password-1@b:2",
  ]);
});

test("a password that is too short, or for a socket, is refused without being repeated", () => {
  const env = { REDIS_URL: "redis://a:1", REDIS_PASSWORD: "replace-me" };
  assert.throws(() => readRedisUrl(env), {
    message: /^REDIS_PASSWORD: must have at least 16 characters$/m,
  });
  assert.throws(() => readRedisUrl({ REDIS_URL: "unix:///a", REDIS_PASSWORD: PASSWORD }), {
    message: /REDIS_PASSWORD: must not be set beside the address of a socket/,
  });
  assert.equal(readRedisUrl({ REDIS_URL: " " }), undefined);
});
