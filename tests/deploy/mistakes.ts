import { find, list, type Manifest } from "./manifests.ts";

export interface Mistake {
  /** As docs/kubernetes.md tells it. */
  readonly mistake: string;
  readonly make: (manifests: Manifest[]) => void;
  readonly says: RegExp;
}

type Path = readonly (string | number)[];

const POD = ["spec", "template", "spec"] as const;
const CONTAINER = [...POD, "containers", 0] as const;

const set =
  (kind: string, name: string, path: Path, value: unknown) =>
  (manifests: Manifest[]): void => {
    const manifest = find(manifests, kind, name);
    manifest.setIn(path, manifest.createNode(value));
  };

/** Where a trigger's setting stands: triggers are `wanted`, `active`, `prioritized`, `wait`. */
const trigger = (index: number, key: string): Path => ["spec", "triggers", index, "metadata", key];

/** Other items of the Secret that the API's volume `keys` mounts. */
const keys =
  (items: readonly { key: string; path: string }[]) =>
  (manifests: Manifest[]): void => {
    const api = find(manifests, "Deployment", "api");
    const volumes = list<{ name: string }>(api, [...POD, "volumes"]);
    const index = volumes.findIndex(({ name }) => name === "keys");
    api.setIn([...POD, "volumes", index, "secret", "items"], api.createNode(items));
  };

/** Mistakes in what `kubectl kustomize k8s/overlays/gpu` gives that the validator finds. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "a selector that does not match its own pods",
    make: set("Deployment", "track", ["spec", "selector", "matchLabels"], { app: "track" }),
    says: /^selector: does not match/,
  },
  {
    mistake: "a field that does not exist",
    make: set("Deployment", "decode", [...CONTAINER, "securitycontext"], {}),
    says: /^schema: unknown field/,
  },
  {
    mistake: "a key that the Secret does not have",
    make: keys([{ key: "api-key", path: "api-keys" }]),
    says: /^reference: Secret .* has no key "api-key"/,
  },
  {
    mistake: "a ConfigMap that does not exist",
    make: set(
      "Deployment",
      "index",
      [...CONTAINER, "envFrom"],
      [{ configMapRef: { name: "setings" } }],
    ),
    says: /^reference: ConfigMap "setings" does not exist/,
  },
  {
    mistake: "a quantity that is none",
    make: set("Deployment", "render", [...CONTAINER, "resources", "limits", "memory"], "2GiB"),
    says: /^schema: /,
  },
  {
    mistake: "a request above its limit",
    make: set("Deployment", "render", [...CONTAINER, "resources", "requests", "memory"], "20Gi"),
    says: /^resources: request for memory/,
  },
  {
    mistake: "a probe of a port that the container does not have",
    make: set(
      "Deployment",
      "ingest",
      [...CONTAINER, "readinessProbe", "httpGet", "port"],
      "health",
    ),
    says: /^port: no container port named "health"/,
  },
  {
    mistake: "the port of a Service, not of its pods, in a NetworkPolicy",
    make: set("NetworkPolicy", "ingress-to-api", ["spec", "ingress", 0, "ports", 0, "port"], 80),
    says: /^port: /,
  },
  {
    mistake: "a NetworkPolicy that takes away DNS",
    make: (manifests) =>
      manifests.splice(manifests.indexOf(find(manifests, "NetworkPolicy", "dns")), 1),
    says: /^netpol: .*no DNS/,
  },
  {
    mistake: "a PodDisruptionBudget that holds up every drain",
    make: set("PodDisruptionBudget", "api", ["spec"], {
      minAvailable: 2,
      selector: { matchLabels: { "app.kubernetes.io/component": "api" } },
    }),
    says: /^pdb: .*blocks every voluntary eviction/,
  },
  {
    mistake: "a privileged container",
    make: set("Deployment", "infer", [...CONTAINER, "securityContext", "privileged"], true),
    says: /^pod-security: privileged/,
  },
  {
    mistake: "a container that may be root",
    make: set("Deployment", "infer", [...POD, "securityContext", "runAsNonRoot"], false),
    says: /^pod-security: runAsNonRoot/,
  },
  {
    mistake: "half a GPU",
    make: set(
      "Deployment",
      "infer",
      [...CONTAINER, "resources", "limits", "nvidia.com/gpu"],
      "0.5",
    ),
    says: /^resources: extended resource/,
  },
  {
    mistake: "a misspelt setting of a scaler",
    make: set("ScaledObject", "infer", trigger(1, "listlenght"), "4"),
    says: /^keda-trigger: .*no setting "listlenght"/,
  },
  {
    mistake: "a number without quotes in a scaler",
    make: set("ScaledObject", "infer", trigger(1, "listLength"), 4),
    says: /^schema: must be string/,
  },
  {
    mistake: "a scaler that takes an empty answer of Prometheus for 0",
    make: (manifests) => {
      find(manifests, "ScaledObject", "infer").deleteIn(trigger(0, "ignoreNullValues"));
    },
    says: /^keda-null: /,
  },
  {
    mistake: "a password of KEDA's that is in no Secret",
    make: set("TriggerAuthentication", "redis", ["spec", "secretTargetRef", 0, "key"], "password"),
    says: /^reference: Secret .* has no key "password"/,
  },
  {
    mistake: "a number of replicas where KEDA scales",
    make: set("Deployment", "decode", ["spec", "replicas"], 3),
    says: /^scale-target: is set although/,
  },
  {
    mistake: "a cooldown shorter than the grace period of the pods",
    make: set("ScaledObject", "render", ["spec", "cooldownPeriod"], 10),
    says: /^keda-cooldown: /,
  },
  {
    mistake: "an Ingress to a port that the Service does not have",
    make: set(
      "Ingress",
      "api",
      ["spec", "rules", 0, "http", "paths", 0, "backend", "service", "port"],
      { number: 8080 },
    ),
    says: /^port: Service "api" has no port/,
  },
];

/** Mistakes that only those who know the services can find. */
export const OWN_MISTAKES: readonly Mistake[] = [
  {
    mistake: "a grace period that is shorter than a service needs to stop",
    make: set("Deployment", "api", [...POD, "terminationGracePeriodSeconds"], 30),
    says: /^api: is killed after 30 s, but may need 35 s/,
  },
  {
    mistake: "a drain timeout that is longer than the grace period",
    make: set("ConfigMap", "settings", ["data", "FQ_DRAIN_TIMEOUT_MS"], "120000"),
    says: /^decode: is killed after 60 s/,
  },
  {
    mistake: "the key of a queue without its hash tag",
    make: set("ScaledObject", "infer", trigger(2, "listName"), "fq:infer:prioritized"),
    says: /^infer: BullMQ has no tasks of it at fq:infer:prioritized/,
  },
  {
    mistake: "the queue of another stage",
    make: set("ScaledObject", "infer", trigger(1, "listName"), "{fq}:decode:active"),
    says: /^infer: BullMQ has no tasks of it at \{fq\}:decode:active/,
  },
  {
    mistake: "no trigger on the tasks that are worked on",
    make: (manifests) => {
      find(manifests, "ScaledObject", "render").deleteIn(["spec", "triggers", 1]);
    },
    says: /^render: nothing counts \{fq\}:render:active/,
  },
  {
    mistake: "a scaler that counts other tasks for a pod than it works on",
    make: set("Deployment", "decode", [...CONTAINER, "env", 0, "value"], "8"),
    says: /^decode: a pod works on 8 tasks, not 2/,
  },
  {
    mistake: "a query that no rule records",
    make: set(
      "ScaledObject",
      "enhance",
      trigger(0, "query"),
      'fq:enhance_workers_wanted{namespace=~".*"}',
    ),
    says: /^enhance: no rule records fq:enhance_workers_wanted/,
  },
  {
    mistake: "a setting that no service reads",
    make: set("ConfigMap", "settings", ["data", "FQ_DRAIN_TIMEOUT_SECONDS"], "20"),
    says: /no service reads FQ_DRAIN_TIMEOUT_SECONDS/,
  },
  {
    mistake: "a setting of another service",
    make: (manifests) => {
      const track = find(manifests, "Deployment", "track");
      const env = list(track, [...CONTAINER, "env"]);
      track.setIn(
        [...CONTAINER, "env"],
        track.createNode([...env, { name: "FQ_PROVIDERS", value: "cpu" }]),
      );
    },
    says: /^track: no service reads FQ_PROVIDERS/,
  },
  {
    mistake: "a card for a service that cannot use one",
    make: set(
      "Deployment",
      "enhance",
      [...CONTAINER, "resources", "limits", "nvidia.com/gpu"],
      "1",
    ),
    says: /^enhance: reserves 1 card that it cannot use/,
  },
  {
    mistake: "disk without a limit",
    make: (manifests) => {
      find(manifests, "Deployment", "decode").deleteIn([
        ...[...CONTAINER, "resources", "limits", "ephemeral-storage"],
      ]);
    },
    says: /^decode: asks for 21Gi disk, but may use any/,
  },
  {
    mistake: "less disk than a pod may use",
    make: set(
      "Deployment",
      "index",
      [...CONTAINER, "resources", "requests", "ephemeral-storage"],
      "6Gi",
    ),
    says: /^index: asks for 6Gi disk, but may use 21Gi/,
  },
  {
    mistake: "sources that are larger than the disk that they are copied to",
    make: set("ConfigMap", "settings", ["data", "FQ_SOURCE_LIMIT_BYTES"], String(20 * 2 ** 30)),
    says: /^ingest: needs 42 GiB of disk/,
  },
  {
    mistake: "a secret file that is not mounted",
    make: keys([{ key: "api-keys", path: "api-keys" }]),
    says: /^api: no Secret puts a file at FQ_ADMIN_KEYS_FILE/,
  },
];
