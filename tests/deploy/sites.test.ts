import assert from "node:assert/strict";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { isScalar, visit } from "yaml";
import {
  imagesOf,
  kindOf,
  list,
  type Manifest,
  nameOf,
  OVERLAYS,
  render,
  ROOT,
  text,
} from "./manifests.ts";
import { environmentOf } from "./service-checks.ts";
import { noKubectl, noValidator, skip, validate } from "./validator.ts";

/** Kinds of which there is one set in the whole cluster. */
const OF_THE_CLUSTER = ["Namespace", "PriorityClass", "ClusterRole", "ClusterRoleBinding"];
const EXTRA = ["priorities", "registry"];

interface Site {
  readonly namespace: string;
  readonly prefix: string;
  readonly folder: string;
  readonly manifests: Manifest[];
}

/** An overlay as somebody has it who only renames it, and with every component that one can add. */
async function site(overlay: string, namespace: string, prefix: string): Promise<Site> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "fq-site-")));
  const at = (path: string): string => relative(folder, join(ROOT, "k8s", path));
  const kustomization = {
    ...{ namespace, namePrefix: prefix },
    resources: [at(`overlays/${overlay}`)],
    components: EXTRA.map((name) => at(`components/${name}`)),
    secretGenerator: [
      {
        name: "registry",
        type: "kubernetes.io/dockerconfigjson",
        literals: ['.dockerconfigjson={"auths":{}}'],
      },
    ],
    ...(overlay === "dev" ? {} : { transformers: [at("own-series")] }),
  };
  // JSON is YAML.
  await writeFile(join(folder, "kustomization.yaml"), JSON.stringify(kustomization));
  return { namespace, prefix, folder, manifests: render(folder) };
}

async function twoSites(overlay: string, check: (sites: [Site, Site]) => void): Promise<void> {
  const sites = [await site(overlay, "north", "n-"), await site(overlay, "south", "s-")] as const;
  try {
    check([...sites]);
  } finally {
    for (const { folder } of sites) await rm(folder, { recursive: true });
  }
}

/** Every text of a manifest that is no comment. */
function texts(manifests: readonly Manifest[]): string[] {
  const found: string[] = [];
  for (const manifest of manifests) {
    visit(manifest, {
      Scalar: (_key, { value }) => void found.push(String(value)),
      Pair: (_key, { key }) => void (isScalar(key) && found.push(String(key.value))),
    });
  }
  return found;
}

/** Where the services of a site look for its stores, as their containers make it. */
function hosts({ manifests }: Site): string[] {
  return manifests
    .filter((manifest) => kindOf(manifest) === "Deployment")
    .flatMap((service) => {
      const env = environmentOf(service, manifests);
      return ["REDIS_URL", "FQ_FRAME_REDIS_URLS", "FQ_S3_ENDPOINT", "REDIS_ADDRESS"].flatMap(
        (name) => (env[name] ?? "").split(",").filter(Boolean),
      );
    })
    .map((url) => new URL(url.includes("://") ? url : `redis://${url}`).hostname);
}

for (const overlay of OVERLAYS) {
  test(
    `${overlay}: two sites side by side share no name${noKubectl ? ` (${noKubectl})` : ""}`,
    skip(noKubectl),
    async () => {
      await twoSites(overlay, ([north, south]) => {
        const names = (of: Site): string[] => of.manifests.map(nameOf);
        const foreign = [north.namespace, ...names(north)].map(
          (name) => new RegExp(`(?<![a-z0-9-])${name}(?![a-z0-9-])`),
        );
        for (const said of texts(south.manifests)) {
          for (const name of foreign) assert.doesNotMatch(said, name);
          // Nor that of the site that was never renamed.
          assert.doesNotMatch(said, /\bframequeue\.svc\b|namespace=~?"framequeue"/);
        }
        const shared = (of: Site): string[] =>
          of.manifests
            .filter((manifest) => OF_THE_CLUSTER.includes(kindOf(manifest)))
            .map((manifest) => `${kindOf(manifest)} ${nameOf(manifest)}`);
        assert.deepEqual(
          shared(north).filter((each) => shared(south).includes(each)),
          [],
        );
        for (const manifest of south.manifests) {
          if (OF_THE_CLUSTER.includes(kindOf(manifest))) continue;
          assert.equal(text(manifest, ["metadata", "namespace"]), "south", nameOf(manifest));
        }
      });
    },
  );

  test(
    `${overlay}: what a renamed site names is its own${noKubectl ? ` (${noKubectl})` : ""}`,
    skip(noKubectl),
    async () => {
      await twoSites(overlay, ([, south]) => {
        const { manifests, namespace } = south;
        const names = (kind: string): string[] =>
          manifests.filter((manifest) => kindOf(manifest) === kind).map(nameOf);
        const services = names("Service");
        for (const host of hosts(south)) {
          if (host === "redis.example.com") continue; // the managed one, which is nobody's
          const labels = host.split(".");
          const service = labels.find((label) => services.includes(label));
          assert.ok(service, `${host} is no Service of ${services.join(", ")}`);
          if (labels.at(-1) === "svc") assert.equal(labels.at(-2), namespace, host);
        }
        for (const object of manifests.filter((each) => kindOf(each) === "ScaledObject")) {
          const target = text(object, ["spec", "scaleTargetRef", "name"]);
          assert.ok(names("Deployment").includes(target), target);
          interface Trigger {
            readonly type: string;
            readonly metadata: Readonly<Record<string, string>>;
            readonly authenticationRef?: { readonly name: string };
          }
          for (const trigger of list<Trigger>(object, ["spec", "triggers"])) {
            if (trigger.type === "prometheus") {
              assert.ok(trigger.metadata["query"]?.endsWith('{namespace=~"south"}'));
              continue;
            }
            assert.equal(trigger.metadata["addressFromEnv"], "REDIS_ADDRESS");
            assert.ok(names("TriggerAuthentication").includes(trigger.authenticationRef!.name));
          }
        }
      });
    },
  );

  test(
    `${overlay}: two sites side by side are valid${noValidator ? ` (${noValidator})` : ""}`,
    skip(noValidator),
    async () => {
      await twoSites(overlay, (sites) => {
        const report = validate(["--strict", ...sites.map(({ folder }) => folder)]);
        assert.deepEqual(report.problems, []);
      });
    },
  );
}

test(
  `no pod takes the place of another tenant's${noKubectl ? ` (${noKubectl})` : ""}`,
  skip(noKubectl),
  async () => {
    for (const overlay of OVERLAYS) {
      const own = render(overlay);
      assert.deepEqual(own.filter((each) => kindOf(each) === "PriorityClass").map(nameOf), []);
    }
    await twoSites("cpu", ([{ manifests }]) => {
      const classes = manifests.filter((each) => kindOf(each) === "PriorityClass");
      assert.ok(classes.length > 0);
      for (const each of classes) {
        assert.equal(text(each, ["preemptionPolicy"]), "Never", nameOf(each));
        assert.ok(Number(text(each, ["value"])) < 100, nameOf(each));
      }
      for (const each of manifests.filter((one) => /Deployment|StatefulSet/.test(kindOf(one)))) {
        const given = text(each, ["spec", "template", "spec", "priorityClassName"]);
        assert.ok(classes.map(nameOf).includes(given), `${nameOf(each)}: ${given}`);
      }
      for (const account of manifests.filter((each) => kindOf(each) === "ServiceAccount")) {
        const [pull] = list<{ name: string }>(account, ["imagePullSecrets"]);
        assert.match(pull?.name ?? "", /^n-registry-/, nameOf(account));
      }
    });
  },
);

test(
  `nothing is applied that cannot be applied again${noKubectl ? ` (${noKubectl})` : ""}`,
  skip(noKubectl),
  () => {
    for (const overlay of OVERLAYS) {
      // A Job cannot be changed: the next version of it is refused until somebody deletes the last.
      assert.deepEqual(
        render(overlay)
          .filter((each) => kindOf(each) === "Job")
          .map(nameOf),
        [],
      );
    }
  },
);

test(
  `images that are not the project's own are pinned${noKubectl ? ` (${noKubectl})` : ""}`,
  skip(noKubectl),
  () => {
    for (const overlay of OVERLAYS) {
      for (const image of imagesOf(render(overlay))) {
        if (/^framequeue(-gpu)?:/.test(image)) continue;
        assert.match(image, /:[\w.-]+@sha256:[0-9a-f]{64}$/);
      }
    }
  },
);

test(
  `every service that has load has an autoscaler${noKubectl ? ` (${noKubectl})` : ""}`,
  skip(noKubectl),
  () => {
    for (const overlay of OVERLAYS.filter((name) => name !== "dev")) {
      const manifests = render(overlay);
      const of = (kinds: RegExp): Manifest[] => manifests.filter((one) => kinds.test(kindOf(one)));
      const scaled = of(/^(ScaledObject|HorizontalPodAutoscaler)$/).map((each) =>
        text(each, ["spec", "scaleTargetRef", "name"]),
      );
      const services = of(/^Deployment$/);
      assert.deepEqual(scaled.toSorted(), services.map(nameOf).toSorted());
      for (const service of services) {
        assert.equal(text(service, ["spec", "replicas"]), "", `${nameOf(service)} is set back`);
      }
    }
  },
);

test(
  `Prometheus finds what it is to watch${noKubectl ? ` (${noKubectl})` : ""}`,
  skip(noKubectl),
  () => {
    for (const overlay of OVERLAYS.filter((name) => name !== "dev")) {
      const watched = render(overlay).filter((each) =>
        /^(PodMonitor|PrometheusRule)$/.test(kindOf(each)),
      );
      assert.equal(watched.length, 3);
      for (const each of watched) {
        assert.equal(text(each, ["metadata", "labels", "release"]), "kube-prometheus-stack");
      }
    }
  },
);
