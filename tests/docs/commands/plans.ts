/** What is done with a command of the documents when they are checked. */
export type Plan =
  | {
      /** Why it cannot be run on a laptop, or need not be. */
      readonly not: string;
    }
  | {
      /** Shell that makes what the reader would have: files, or variables. Part of the same script. */
      readonly before?: string;
      /** Words of the command that stand for something of the reader's, or for more of it than a check needs. */
      readonly with?: Readonly<Record<string, string>>;
      /** Needs `npm start`, which runs beside it on a port of its own. */
      readonly system?: true;
      /** Is told to end after so long: it runs for hours, or for ever. That it then ends is part of what is checked. */
      readonly seconds?: number;
      /** What it exits with, where that is not 0. */
      readonly exits?: number;
    };

const AS_WRITTEN: Plan = {};
const RUNS_THIS: Plan = { not: "every test, of which this check is no part" };
const TEST: Plan = { not: "some of the tests, which run as tests" };
const MENTION: Plan = { not: "a name in a sentence, whose full command is elsewhere" };
const HOURS: Plan = { seconds: 20 };

/** Submits a job that takes a while, and sets ID. */
const JOB = `ID=$(curl -F file=@video.mp4 -F 'options={"execution":{"batchFrames":1}}' http://localhost:8080/v1/jobs | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')`;
const until = (state: string): string =>
  `until curl http://localhost:8080/v1/jobs/$ID | grep -q '"state":"${state}'; do sleep 0.2; done`;
/** A model of its own bytes as a version of `yard`: an ONNX file may be followed by more of its properties. */
const file = (name: string, version: number): string =>
  `cp models/starter-detector/model.onnx ${name}
printf 'r\\006\\n\\001k\\022\\001${version}' >> ${name}`;
const push = (version: number): string =>
  `${file(`yard-${version}.onnx`, version)}
curl -F version=${version} -F 'manifest=<yard.manifest.json' -F file=@yard-${version}.onnx http://localhost:8080/v1/models >/dev/null
SHA256_OF_${version}=$(sha256sum yard-${version}.onnx | cut -d ' ' -f 1)`;
const VERSIONS = [3, 4, 5].map(push).join("\n");
const YARD: Plan = { before: VERSIONS, system: true };
const FORMER: Plan = {
  before: `${VERSIONS}
for version in 3 4; do
  curl -H 'content-type: application/json' -d '{"version":"'$version'"}' http://localhost:8080/v1/models/yard/aliases/stable
done`,
  system: true,
};
/** Scores from 0.6 on only. */
const STRICT = `mkdir -p strict
cp models/starter-detector/model.onnx strict/
sed -e 's/"score": [0-9.]*/"score": 0.6/' -e 's/"version": "[^"]*"/"version": "strict"/' models/starter-detector/manifest.json > strict/manifest.json`;
const VIDEO: Plan = { with: { VIDEO: "video.mp4" } };
const SEQUENCES = `mkdir -p sequences/a
cp gt.txt sequences/a/gt.txt
cp pred.txt sequences/a/pred.txt`;

/** Of whole families of commands, by how they begin. */
export const FAMILIES: Readonly<Record<string, Plan>> = {
  "kubectl ": { not: "needs a cluster" },
  "docker ": { not: "needs a Docker engine; npm run check:compose runs the stack" },
  "FQ_OBJECT_STORE=s3 docker ": { not: "needs a Docker engine" },
  "FQ_DEFAULT_MODEL=starter-detector docker ": { not: "needs a Docker engine" },
  "FQ_SECRETS=./secrets docker ": { not: "needs a Docker engine" },
  "KEY=$(docker ": { not: "needs a Docker engine" },
  "FQ_ALERTMANAGER_CONFIG=./alertmanager.yml docker ": { not: "needs a Docker engine" },
  'echo "$PASSWORD" | docker ': { not: "needs a Docker engine" },
  "redis() ": { not: "needs a Docker engine" },
  "redis CONFIG ": { not: "needs a Docker engine" },
  "until redis ": { not: "needs a Docker engine" },
  "curl -H 'content-type: application/json' http://localhost:9093": {
    not: "needs the compose stack, whose Alertmanager it asks",
  },
  "amtool ": { not: "Alertmanager's own tool; a test runs it where it is installed" },
  'curl -X DELETE -H "Authorization: Bearer $KEY"': {
    not: "needs the compose stack, whose key it names",
  },
  'curl -H "Authorization: Bearer $KEY"': { not: "needs the compose stack, whose key it names" },
  "aws ": { not: "needs a bucket" },
  "redis-cli ": { not: "for the Redis of a cluster or of compose" },
  "promtool ": { not: "Prometheus' own tool; a test runs the rules where it is installed" },
  "sudo apt-get ": { not: "changes the machine" },
  "/usr/bin/python3 training/": { not: "training takes days" },
  "r CONFIG ": { not: "needs a cluster" },
  "r() ": { not: "needs a cluster" },
  "until r ": { not: "needs a cluster" },
  "node ../shared/tools/": { not: "a tool outside the repository" },
  "npm test -- ": TEST,
};

/** Every other command, as it stands in the documents. */
export const PLANS: Readonly<Record<string, Plan>> = {
  "git clone <this repository> framequeue && cd framequeue": {
    with: { "<this repository>": "$CLONE", "framequeue && cd framequeue": "again && cd again" },
  },
  "npm run demo": AS_WRITTEN,
  "npm run analyze -- video.mp4": AS_WRITTEN,
  "npm run analyze -- --help": AS_WRITTEN,
  "npm start": { with: { "npm start": "FQ_API_PORT=$PORT npm start" }, seconds: 20 },
  "curl -F file=@video.mp4 http://localhost:8080/v1/jobs": { system: true },
  "npm test": RUNS_THIS,
  "npm run check:docs": { not: "it would run itself" },
  ".ci/run": RUNS_THIS,
  "npm run check:lint": AS_WRITTEN,
  "npm run bench -- main-job --video FILE --model FILE.onnx": {
    with: { "FILE.onnx": "data/models/yolox-nano/model.onnx", FILE: "video.mp4" },
    // Ended before its verdict, which is on the speed of a calm machine.
    seconds: 10,
  },
  "npm run chaos -- --minutes 10 --seed 1": HOURS,
  "npm run chaos": HOURS,
  "npm run check:sources": HOURS,
  "npm run check:damage": HOURS,
  "npm run check:faults": HOURS,
  "npm run check:objects": HOURS,
  "npm run check:power-cuts": HOURS,
  "npm run check:attackers": HOURS,

  // docs/analytics.md
  [`cat > counting.json <<'END'
{
  "lines": [{ "name": "exit", "from": [620, 432], "to": [620, 200] }],
  "zones": [{ "name": "table", "polygon": [[370, 330], [560, 330], [560, 425], [370, 425]] }],
  "labels": ["person"]
}
END`]: AS_WRITTEN,
  "npm run analyze -- video.mp4 --analytics counting.json": AS_WRITTEN,
  "npm run bench -- counts": HOURS,
  "FQ_SEED=17 npm test -- ledger-schedule": TEST,
  "npm run check:compose": { not: "needs a Docker engine" },
  "npm run": MENTION,

  // docs/http-api.md
  [`curl -F file=@video.mp4 -F 'options={"options":{"labels":["car","truck"]},"render":false}' http://localhost:8080/v1/jobs`]:
    { system: true },
  [`curl -H 'content-type: application/json' -d '{"source":{"url":"https://example.com/video.mp4"}}' http://localhost:8080/v1/jobs`]:
    { system: true },
  [`curl -H 'content-type: application/json' -d '{"source":{"path":"/videos/gate.mp4"}}' http://localhost:8080/v1/jobs`]:
    {
      with: { "/videos/": `'"$CLONE"'/videos/` },
      before: "cp video.mp4 videos/gate.mp4",
      system: true,
    },
  "curl -N http://localhost:8080/v1/jobs/$ID/events": { before: JOB, system: true },
  "curl -X POST http://localhost:8080/v1/jobs/$ID/pause": { before: JOB, system: true },
  "curl -X POST http://localhost:8080/v1/jobs/$ID/resume": {
    before: `${JOB}\ncurl -X POST http://localhost:8080/v1/jobs/$ID/pause`,
    system: true,
  },
  "curl -X POST http://localhost:8080/v1/jobs/$ID/retry": {
    before: `cp LICENSE no-video.mp4\n${JOB.replace("video.mp4", "no-video.mp4")}\n${until("failed")}`,
    system: true,
  },
  "curl -O http://localhost:8080/v1/jobs/$ID/results/tracks.jsonl": {
    before: `${JOB}\n${until("succeeded")}`,
    system: true,
  },
  'curl "http://localhost:8080/v1/jobs/$ID/results/coco.json?minScore=0.5"': {
    before: `${JOB}\n${until("succeeded")}`,
    system: true,
  },
  "curl -F version=5 -F parent=$SHA256_OF_4 -F 'manifest=<yard.manifest.json' -F file=@yard.onnx http://localhost:8080/v1/models":
    {
      before: `${push(4)}\n${file("yard.onnx", 5)}`,
      system: true,
    },
  "curl -F name=yard -F version=5 -F 'labels=<labels.txt' -F file=@yard.onnx http://localhost:8080/v1/models":
    { with: { "version=5": "version=5b" }, before: "cp tiny.onnx yard.onnx", system: true },
  "curl -X DELETE http://localhost:8080/v1/models/yard/versions/3": YARD,
  [`curl -H 'content-type: application/json' -d '{"on":"gate.mp4","by":"compare","values":{"ap50":0.61,"idf1":0.83}}' \\
  http://localhost:8080/v1/models/yard/versions/5/metrics`]: YARD,
  [`curl -H 'content-type: application/json' -d '{"version":"4"}' http://localhost:8080/v1/models/yard/aliases/stable`]:
    YARD,
  [`curl -H 'content-type: application/json' -d '{"version":"5","share":0.1}' http://localhost:8080/v1/models/yard/aliases/canary`]:
    YARD,
  [`curl -H 'content-type: application/json' -d '{"version":null}' http://localhost:8080/v1/models/yard/aliases/canary`]:
    YARD,
  "curl -X POST http://localhost:8080/v1/models/yard/rollback": FORMER,
  "npm run models -- store": AS_WRITTEN,

  // docs/kubernetes.md
  "sh scripts/k8s-secrets.sh k8s/overlays/site/secrets": AS_WRITTEN,

  // docs/models.md
  "npm run models -- inspect FILE.onnx": { with: { "FILE.onnx": "tiny.onnx" } },
  "npm run models -- add FILE.onnx --labels labels.txt": { with: { "FILE.onnx": "tiny.onnx" } },
  "npm run models -- push yard.onnx --version 5 --parent SHA256": {
    // The manifest beside a file on the disk names its bytes.
    before: `${push(3)}
mkdir -p bare
${file("bare/yard.onnx", 5)}
sha256=$(sha256sum bare/yard.onnx | cut -d ' ' -f 1)
sed "s/{/{\\"sha256\\":\\"$sha256\\",/" yard.manifest.json > bare/yard.manifest.json`,
    with: { "yard.onnx": "bare/yard.onnx", SHA256: "$SHA256_OF_3" },
    system: true,
  },
  "npm run models -- metrics yard 5 --on gate.mp4 ap50=0.61 idf1=0.83": YARD,
  "npm run models -- delete yard 3": FORMER,
  "npm run models -- release yard 5": YARD,
  "npm run models -- versions yard": YARD,
  "npm run models -- alias yard stable 4": YARD,
  "npm run models -- alias yard canary 5 --share 0.1": YARD,
  "npm run models -- alias yard canary none": YARD,
  "npm run models -- rollback yard": FORMER,
  "npm run demo -- --seed 3 --seconds 8": AS_WRITTEN,
  "npm run models -- compare starter-detector ./strict out/demo/scene.mp4 --truth out/demo/gt.txt --classes out/demo/labels.txt":
    { before: STRICT },
  "npm run analyze -- VIDEO --tracker deepsort --embedder person-reid-0287 --labels person": VIDEO,
  "npm run analyze -- VIDEO --classifier squeezenet-int8 --segmenter deeplabv3-mobilenetv2": VIDEO,
  "npm run analyze -- VIDEO --model squeezenet-int8": VIDEO,
  "npm run analyze -- VIDEO --embedder person-reid-0287 --labels person --views 3": VIDEO,
  "npm run eval -- detect --gt instances_val.json --pred results.json [--classes] [--json]": {
    with: { "[--classes] [--json]": "--classes" },
  },
  "npm run models -- list": AS_WRITTEN,
  "npm run models -- add yolox_nano.onnx --name yolox-nano": {
    before: "cp data/models/yolox-nano/model.onnx yolox_nano.onnx",
  },
  "cp monitoring/alertmanager/examples/mail.yml alertmanager.yml": AS_WRITTEN,
  "npm run models -- pull NAME": { with: { NAME: "yolox-nano" } },
  "npm run models -- providers": AS_WRITTEN,
  "npm run models -- compare A B VIDEO": {
    before: STRICT,
    with: { "A B VIDEO": "starter-detector ./strict video.mp4" },
  },
  "npm run models -- tune NAME": { with: { NAME: "starter-detector" }, seconds: 30 },
  "npm run models -- tune NAME --seconds 2": { with: { NAME: "starter-detector" }, seconds: 30 },

  // docs/operations.md, docs/observability.md, docs/runbooks
  "npm run rehearse": MENTION,
  "npm run rehearse -- backup": HOURS,
  "npm run rehearse -- upgrade --from REVISION": { with: { REVISION: "HEAD" }, seconds: 20 },
  "sh scripts/run.sh scripts/dashboards/main.ts": AS_WRITTEN,
  "sh scripts/run.sh packages/cli/src/main.ts start": {
    with: { "sh ": "FQ_API_PORT=$PORT sh " },
    seconds: 20,
  },
  "node inspect -p PID": { not: "a debugger that waits for its user" },

  // docs/performance.md, docs/scaling.md
  "npm run bench": MENTION,
  "npm run track": MENTION,
  "npm run write:docs": AS_WRITTEN,
  "npm run bench -- main-job --video people_one_by_one.mp4 --model yolox_nano.onnx": {
    with: {
      "people_one_by_one.mp4": "video.mp4",
      "yolox_nano.onnx": "data/models/yolox-nano/model.onnx",
    },
    // Ended before its verdict, which is on the speed of a calm machine.
    seconds: 10,
  },
  "npm run bench -- equality": HOURS,
  "npm run analyze -- VIDEO --infer-workers 4 --batch 1 --segment-seconds 2 --frame-store redis":
    VIDEO,
  "npm run bench -- scaling": HOURS,
  "npm run bench -- control-plane": HOURS,
  "npm run bench -- memory": HOURS,
  "npm run bench -- infer --model yolox_nano.onnx": {
    with: { "yolox_nano.onnx": "data/models/yolox-nano/model.onnx" },
    seconds: 20,
  },
  "npm run bench -- frame-stores": HOURS,
  "npm run bench -- objects": HOURS,
  "npm run bench -- autoscale --plots docs/images": AS_WRITTEN,
  "npm start -- --infer-processes 0-4 --decode-processes 1-3": {
    with: { "npm start": "FQ_API_PORT=$PORT npm start" },
    seconds: 20,
  },
  "npm run bench -- local-scaling --plots docs/images": HOURS,

  // docs/tracking.md
  "npm run -s track -- --detections det.txt --tracker ocsort --out pred.txt": AS_WRITTEN,
  "npm run -s track -- --detections det.txt --tracker botsort --preset reference --cmc cmc.txt --appearance --out pred.txt":
    AS_WRITTEN,
  "npm run eval -- track --gt gt.txt --pred pred.txt": AS_WRITTEN,
  "npm run eval -- track --gt sequences --pred sequences --file pred.txt": { before: SEQUENCES },
  "npm run -s track": MENTION,
  "npm run eval -- track": MENTION,
  "npm run bench -- tracking": HOURS,
  "npm run bench -- street-tracking --model EMBEDDER.onnx": {
    with: { "EMBEDDER.onnx": "data/models/person-reid-0287/model.onnx" },
    seconds: 20,
  },
  "npm run bench -- video-tracking": HOURS,

  // training/README.md
  "sh scripts/run.sh training/generate-data.ts --out data/training/train-0 --from 100000 --seeds 450":
    {
      with: { "--seeds 450": "--seeds 1" },
    },
  "sh scripts/run.sh training/generate-data.ts --out data/training/train-1 --from 100600 --seeds 450":
    {
      with: { "--seeds 450": "--seeds 1" },
    },
  "sh scripts/run.sh training/evaluate.ts --model models/starter-detector --seeds 11,12,13,14,15,16":
    {
      with: { "11,12,13,14,15,16": "11" },
      seconds: 60,
    },
  "npm run demo -- --seed N": { with: { "--seed N": "--seed 5 --seconds 2 --no-video" } },
};

/** Undefined where nobody said what is to be done with it. */
export function planOf(text: string): Plan | undefined {
  const family = Object.keys(FAMILIES).find((beginning) => text.startsWith(beginning));
  return PLANS[text] ?? (family === undefined ? undefined : FAMILIES[family]);
}
