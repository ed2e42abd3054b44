import { testDetector } from "@framequeue/graphs";
import type { Attack } from "../attack.ts";
import type { AttackedSite } from "../attacked-site.ts";
import { type Ask, sendRefused } from "./clients.ts";

const CLIENTS = 2;
const LONG = "n".repeat(300);

/** Names longer than a file system takes, over and over. */
export const longNames: Attack = {
  name: "long-names",
  what: `${CLIENTS} clients upload models, and name models, labels and options, by ${LONG.length} characters, over and over`,
  // for the first of each
  deadlineSeconds: 60,
  async begin(site) {
    const asks = askLong(site);
    const stopping = new AbortController();
    const ask: Ask = (turn) => asks[turn % asks.length]!(turn);
    const firsts: Promise<void>[] = [];
    const rest: Promise<void>[] = [];
    for (let i = 0; i < CLIENTS; i++) {
      const first = sendRefused(ask, asks.length);
      firsts.push(first);
      rest.push(first.then(() => sendRefused(ask, Infinity, stopping.signal)));
    }
    const all = Promise.all(rest);
    all.catch(() => {});
    return {
      refused: Promise.all(firsts).then(() => {}),
      async stop() {
        stopping.abort();
        await all;
        const { status } = await site.ask("/v1/models");
        if (status !== 200) throw new Error(`the models are answered ${status}`);
      },
    };
  },
};

function askLong(site: AttackedSite): readonly Ask[] {
  const source = { url: `${site.url}/video.mp4` };
  const model = testDetector({ width: 96, height: 64, batch: 1 });
  const job = (request: object): Ask => {
    return () => site.askJson("/v1/jobs", { source, ...request });
  };
  return [
    () => {
      const form = new FormData();
      form.append("name", LONG);
      form.append("version", "1");
      form.append("file", new Blob([new Uint8Array(model)]), `${LONG}.onnx`);
      return site.ask("/v1/models", { method: "POST", body: form });
    },
    job({ model: LONG }),
    job({ options: { labels: [LONG] } }),
    job({ options: { tracker: { algorithm: LONG } } }),
    job({ options: { [LONG]: 1 } }),
    job({ analytics: { labels: [LONG] } }),
  ];
}
