import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { connect } from "node:net";
import type { FaultCase } from "../fault-case.ts";
import type { Answer, FaultSite } from "../fault-site.ts";

const headers = { "content-type": "application/json" };

/** Memory of a service, in megabytes. */
async function memoryOf(site: FaultSite, service: string): Promise<number> {
  const [pid] = await site.pids(`services/${service}/`);
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1_024);
}

function post(site: FaultSite, body: object): Promise<Answer> {
  return site.ask("/v1/jobs", { method: "POST", headers, body: JSON.stringify(body) });
}

export const SIZES: readonly FaultCase[] = [
  {
    kind: "sizes",
    what: "60 requests with 0.24 MB of labels that no model has",
    wants: /^4(00|22) \S+ of [1-9]\d? KB at most, list 200, api below 600 MB$/,
    async play(site) {
      const labels = Array.from({ length: 10_000 }, (_, i) => `label-of-nobody-${i}`);
      let [longest, how] = [0, ""];
      for (let i = 0; i < 60; i++) {
        const answer = await post(site, {
          source: { path: site.clip },
          render: false,
          options: { labels },
        });
        longest = Math.max(longest, answer.text.length);
        how = `${answer.status} ${answer.body?.code}`;
      }
      const list = await site.ask("/v1/jobs");
      const memory = await memoryOf(site, "api");
      return `${how} of ${Math.ceil(longest / 1_024)} KB at most, list ${list.status}, api ${memory < 600 ? "below 600" : memory} MB`;
    },
  },
  {
    kind: "sizes",
    what: "a body of JSON that says it has a gigabyte",
    wants: /^413 before \d+ KB were read$/,
    quick: true,
    async play(site) {
      const { hostname, port } = new URL(site.url);
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      socket.write(
        `POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${2 ** 30}\r\n\r\n{"a":"`,
      );
      const answered = once(socket, "data") as Promise<[Buffer]>;
      const [answer] = await answered;
      socket.destroy();
      const [, status] = answer.toString().split(" ");
      return `${status} before ${Math.ceil(socket.bytesWritten / 1_024)} KB were read`;
    },
  },
  {
    kind: "names",
    what: "a model, an alias, a job and a result are asked for by names of 5,000 characters",
    wants: /^(4\d\d ?)+$/,
    quick: true,
    async play(site) {
      const long = "n".repeat(5_000);
      const paths = [
        `/v1/models/${long}`,
        `/v1/models/${long}/versions/1`,
        `/v1/jobs/${long}`,
        `/v1/jobs/${long}/results/frames.jsonl`,
      ];
      const answers = await Promise.all(paths.map((path) => site.ask(path)));
      return answers.map(({ status }) => status).join(" ");
    },
  },
  {
    kind: "names",
    what: "a job wants a model whose name has 300 characters",
    wants: /^4\d\d, models 200$/,
    quick: true,
    async play(site) {
      const { status } = await post(site, {
        source: { path: site.clip },
        model: "m".repeat(300),
      });
      return `${status}, models ${(await site.ask("/v1/models")).status}`;
    },
  },
  {
    kind: "names",
    what: "a model is uploaded under a name of 300 characters",
    wants: /^4\d\d, models 200$/,
    async play(site) {
      const form = new FormData();
      form.append("name", "m".repeat(300));
      form.append("version", "1");
      form.append("file", new Blob([await readFile(`${site.folder}/blocks.onnx`)]), "m.onnx");
      const { status } = await site.ask("/v1/models", { method: "POST", body: form });
      return `${status}, models ${(await site.ask("/v1/models")).status}`;
    },
  },
  {
    kind: "names",
    what: "a video is uploaded under a name of 4,000 characters with slashes and dots",
    wants: /^202 succeeded, name of at most 255$/,
    async play(site) {
      const form = new FormData();
      form.append("options", JSON.stringify({ render: false }));
      form.append("file", new Blob([await readFile(site.clip)]), `${"../x".repeat(1_000)}.mp4`);
      const { status, body } = await site.ask("/v1/jobs", { method: "POST", body: form });
      if (status !== 202) return `${status} ${body?.code}`;
      const { state, source } = await site.ended(body.id);
      return `${status} ${state}, name of ${source.name.length <= 255 ? "at most 255" : source.name.length}`;
    },
  },
];
