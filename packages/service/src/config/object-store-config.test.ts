import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { ConfigError } from "./config-error.ts";
import { readObjectStoreConfig } from "./object-store-config.ts";

test("a folder by default; settings of S3 do not matter then", () => {
  const folder = { objectStore: "folder", objectsDir: resolve("data/objects") };
  assert.deepEqual(readObjectStoreConfig({}), folder);
  assert.deepEqual(readObjectStoreConfig({ FQ_S3_BUCKET: "bucket" }), folder);
});

test("Amazon's S3: the region and the style of the SDK, checksums everywhere", () => {
  const { s3 } = readObjectStoreConfig({ FQ_OBJECT_STORE: "s3", FQ_S3_BUCKET: "my-bucket" });
  assert.deepEqual(s3, {
    bucket: "my-bucket",
    prefix: "",
    pathStyle: false,
    checksums: "supported",
    createBucket: false,
    keepCopiesBytes: 4 * 2 ** 30,
  });
});

test("another server: what such servers want, unless told otherwise", () => {
  const env = {
    FQ_OBJECT_STORE: "s3",
    FQ_S3_BUCKET: "my-bucket",
    FQ_S3_ENDPOINT: "http://s3:8333/",
  };
  const { s3 } = readObjectStoreConfig(env);
  assert.equal(s3?.endpoint, "http://s3:8333");
  assert.equal(s3.region, "us-east-1");
  assert.equal(s3.pathStyle, true);
  assert.equal(s3.checksums, "required");
  const told = readObjectStoreConfig({
    ...env,
    FQ_S3_REGION: "garage",
    FQ_S3_PATH_STYLE: "false",
    FQ_S3_CHECKSUMS: "supported",
    FQ_S3_PREFIX: "sites/one",
  }).s3;
  assert.equal(told?.region, "garage");
  assert.equal(told.pathStyle, false);
  assert.equal(told.checksums, "supported");
  assert.equal(told.prefix, "sites/one");
});

test("S3 needs a bucket, and what is wrong is named", () => {
  const faults = (env: Record<string, string>): readonly string[] => {
    try {
      readObjectStoreConfig({ FQ_OBJECT_STORE: "s3", ...env });
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.faults;
    }
    return [];
  };
  assert.deepEqual(faults({}), ["FQ_S3_BUCKET: must name a bucket, because FQ_OBJECT_STORE is s3"]);
  const wrong = faults({
    FQ_S3_BUCKET: "My Bucket",
    FQ_S3_ENDPOINT: "s3:8333",
    FQ_S3_PREFIX: "/x",
  });
  assert.deepEqual(
    wrong.map((fault) => fault.split(":")[0]),
    ["FQ_S3_BUCKET", "FQ_S3_PREFIX", "FQ_S3_ENDPOINT"],
  );
});
