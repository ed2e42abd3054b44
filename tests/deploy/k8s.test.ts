import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { MESSAGE_VERSION, newJobId } from "@framequeue/contracts";
import { connectRedis, createTaskQueues, dueMessage } from "@framequeue/pipeline";
import { startRedisServer } from "@framequeue/service/testing";
import {
  entries,
  find,
  imagesOf,
  kindOf,
  list,
  type Manifest,
  nameOf,
  OVERLAYS,
  parse,
  readBase,
  render,
  ROOT,
  text,
} from "./manifests.ts";
import { MISTAKES, OWN_MISTAKES } from "./mistakes.ts";
import { environmentOf, serviceFaults } from "./service-checks.ts";
import { noKubectl, noValidator, skip, validate } from "./validator.ts";

const SECRETS: Readonly<Record<string, string>> = {
  REDIS_PASSWORD: "a-password-of-at-least-16\n",
  FQ_FRAME_REDIS_PASSWORD: "a-password-of-at-least-16\n",
  FQ_API_KEYS: "a-key-of-at-least-16\n",
  FQ_ADMIN_KEYS: "a-key-of-at-least-16-more\n",
};

/**
 * Reads an environment as the service does. A service exports no more than itself, so its reader is taken from where it
 * is; throws what the service would end with.
 */
async function readConfig(name: string, env: Record<string, string>): Promise<void> {
  const url = pathToFileURL(join(ROOT, "services", name, "src/config.ts")).href;
  const module = (await import(url)) as Record<string, (given: typeof env) => unknown>;
  const reader = Object.keys(module).find((key) => /^read\w+Config$/.test(key));
  assert.ok(reader, `${name} has no reader of its configuration`);
  module[reader]!(env);
}

const toText = (manifests: readonly Manifest[]): string =>
  manifests.map((manifest) => manifest.toString()).join("---\n");

test("the manifests fit the services that they run", () => {
  const manifests = readBase();
  assert.equal(manifests.filter((manifest) => kindOf(manifest) === "Deployment").length, 8);
  assert.equal(manifests.filter((manifest) => kindOf(manifest) === "ScaledObject").length, 7);
  assert.deepEqual(serviceFaults(manifests), []);
});

test("whatever runs for long is asked whether it lives, in a way that takes an answer", async () => {
  const files = ["base/pod", "components/redis/redis", "components/frame-redis/frame-redis"];
  for (const name of [...files, "components/s3/s3"]) {
    const manifests = parse(await readFile(join(ROOT, "k8s", `${name}.yaml`), "utf8"));
    const running = manifests.filter((each) =>
      ["Deployment", "StatefulSet"].includes(kindOf(each)),
    );
    assert.equal(running.length, 1, name);
    for (const container of list<any>(running[0]!, ["spec", "template", "spec", "containers"])) {
      const { livenessProbe: probe } = container;
      // A process that is stopped takes connections, because the system does it.
      assert.ok(probe?.httpGet ?? probe?.exec, `${name}: ${container.name}`);
      assert.ok(probe.periodSeconds * probe.failureThreshold <= 60, name);
    }
  }
});

test("manifests that do not fit the services are found", () => {
  for (const { mistake, make, says } of OWN_MISTAKES) {
    const manifests = readBase();
    make(manifests);
    const faults = serviceFaults(manifests);
    assert.ok(
      faults.some((fault) => says.test(fault)),
      `${mistake}: ${faults.join("; ")}`,
    );
  }
});

test("no service takes the texts in the place of secrets", async () => {
  const manifests = readBase();
  for (const service of manifests.filter((manifest) => kindOf(manifest) === "Deployment")) {
    const given = { ...environmentOf(service, manifests), FQ_FRAME_STORE: "file" };
    for (const secret of Object.keys(given).filter((name) => name.endsWith("_FILE"))) {
      // Nothing refuses keys of administrators yet that nothing asks for.
      if (secret === "FQ_ADMIN_KEYS_FILE") continue;
      const env: Record<string, string> = {};
      for (const [name, value] of Object.entries(given)) {
        if (!name.endsWith("_FILE")) env[name] = value;
        else if (name !== secret) env[name.replace(/_FILE$/, "")] = SECRETS[name.slice(0, -5)]!;
      }
      env[secret] = join(ROOT, "k8s/base/secrets", basename(given[secret as keyof typeof given]));
      const fault = new RegExp(`^${secret.replace(/_FILE$/, "")}: must`, "m");
      await assert.rejects(readConfig(nameOf(service), env), { message: fault });
    }
  }
});

test("KEDA counts the keys in which BullMQ keeps tasks", async () => {
  await using server = await startRedisServer();
  const redis = connectRedis(server.url);
  const queues = createTaskQueues(redis, "site");
  try {
    const job = newJobId();
    await queues.add(dueMessage(job, "ep", { stage: "decode", item: "0", q: 1 }));
    await queues.add(dueMessage(job, "ep", { stage: "enhance", item: "0.0", q: 1 }));
    await queues.add(dueMessage(job, "ep", { stage: "infer", item: "0.0", q: 1 }));
    await queues.add(dueMessage(job, "ep", { stage: "render", item: "", q: 1 }));
    await queues.add(dueMessage(job, "ep", { stage: "track", item: "", q: 1 }));
    await queues.add(dueMessage(job, "ep", { stage: "index", item: "", q: 1 }));
    await queues.add({ v: MESSAGE_VERSION, stage: "ingest", job });
    for (const object of readBase().filter((manifest) => kindOf(manifest) === "ScaledObject")) {
      let counted = 0;
      for (const { metadata } of list<{ metadata: Record<string, string> }>(object, [
        "spec",
        "triggers",
      ])) {
        const key = metadata["listName"];
        if (key === undefined) continue;
        // As KEDA does: by the type of what is there.
        const type = await redis.type(key);
        if (type === "list") counted += await redis.llen(key);
        if (type === "zset") counted += await redis.zcard(key);
      }
      assert.equal(counted, 1, nameOf(object));
    }
  } finally {
    await queues[Symbol.asyncDispose]();
    redis.disconnect();
  }
});

for (const overlay of OVERLAYS) {
  test(
    `${overlay}: every service accepts its environment${noKubectl ? ` (${noKubectl})` : ""}`,
    skip(noKubectl),
    async () => {
      const manifests = render(overlay);
      assert.deepEqual(serviceFaults(manifests), []);
      const folder = await mkdtemp(join(tmpdir(), "fq-k8s-"));
      try {
        for (const service of manifests.filter((manifest) => kindOf(manifest) === "Deployment")) {
          const env = environmentOf(service, manifests);
          for (const [name, path] of Object.entries(env).filter(([key]) => key.endsWith("_FILE"))) {
            env[name] = join(folder, path);
            await mkdir(dirname(env[name]), { recursive: true });
            await writeFile(env[name], SECRETS[name.replace(/_FILE$/, "")] ?? "");
          }
          await readConfig(nameOf(service), env);
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
}

test(
  `an overlay of one's own, as the documentation has it${noKubectl ? ` (${noKubectl})` : ""}`,
  skip(noKubectl),
  async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "fq-k8s-")));
    try {
      const told = await readFile(join(ROOT, "docs/kubernetes.md"), "utf8");
      const [, kustomization] = /```yaml\n(apiVersion: kustomize[\s\S]*?)```/.exec(told)!;
      const at = (path: string): string => relative(folder, join(ROOT, "k8s/overlays/site", path));
      await writeFile(
        join(folder, "kustomization.yaml"),
        kustomization!.replaceAll(/\.\.\/[\w./-]+/g, at),
      );
      const secrets = join(folder, "secrets");
      execFileSync("sh", [join(ROOT, "scripts/k8s-secrets.sh"), secrets]);
      const manifests = render(folder);
      for (const image of imagesOf(manifests)) assert.match(image, /@sha256:[0-9a-f]{64}$/);
      const kept = manifests.filter((manifest) => kindOf(manifest) === "Secret");
      assert.equal(kept.length, 4);
      for (const secret of kept) {
        for (const [file, value] of entries(secret, ["data"])) {
          const given = await readFile(
            join(secrets, file.replace(/^\.dockerconfigjson$/, "dockerconfig.json")),
          );
          assert.deepEqual(Buffer.from(value, "base64"), given, file);
        }
      }
      // Where KEDA has the password from is the Secret under its new name.
      assert.equal(
        text(find(manifests, "TriggerAuthentication", "east-redis"), [
          "spec",
          "secretTargetRef",
          0,
          "name",
        ]),
        nameOf(find(manifests, "Secret", "east-framequeue-stores")),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

for (const kube of ["1.32", "1.36"]) {
  test(
    `every overlay is valid for Kubernetes ${kube}${noValidator ? ` (${noValidator})` : ""}`,
    skip(noValidator),
    () => {
      const targets = ["base", ...OVERLAYS.map((overlay) => `overlays/${overlay}`)];
      const report = validate([
        "--strict",
        "--kube",
        kube,
        ...targets.map((target) => join(ROOT, "k8s", target)),
      ]);
      assert.deepEqual(report.problems, []);
    },
  );
}

test(
  `deliberate mistakes are caught${noValidator ? ` (${noValidator})` : ""}`,
  skip(noValidator),
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "fq-k8s-"));
    try {
      const whole = render("gpu").filter((manifest) => kindOf(manifest) !== "PrometheusRule");
      const good = toText(whole);
      const files: string[] = [];
      for (const [index, { make }] of MISTAKES.entries()) {
        const manifests = parse(good);
        make(manifests);
        const file = join(folder, `${index}.yaml`);
        await writeFile(file, toText(manifests));
        files.push(file);
      }
      const { problems } = validate(["--strict", ...files]);
      for (const [index, { mistake, says }] of MISTAKES.entries()) {
        const found = problems.filter((problem) => problem.in === files[index]);
        assert.ok(
          found.some(({ rule, message }) => says.test(`${rule}: ${message}`)),
          `${mistake}: ${JSON.stringify(found)}`,
        );
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

test("every mistake that is caught is told", async () => {
  const told = await readFile(join(ROOT, "docs/kubernetes.md"), "utf8");
  for (const { mistake } of [...MISTAKES, ...OWN_MISTAKES]) {
    assert.ok(told.includes(`- ${mistake}\n`), mistake);
  }
});
