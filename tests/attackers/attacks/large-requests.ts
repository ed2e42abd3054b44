import type { Attack } from "../attack.ts";
import type { AttackedSite } from "../attacked-site.ts";
import { type Ask, sendRefused } from "./clients.ts";

const CLIENTS = 2;
const REQUESTS = 60;
const BYTES = 970_000;

/** Requests that would be answered, kept and logged as large as they are. */
export const largeRequests: Attack = {
  name: "large-requests",
  what: `${CLIENTS} clients send ${REQUESTS} requests with ${BYTES / 1e6} MB of labels that no model has`,
  // what a client has for a whole request
  deadlineSeconds: 60,
  async begin(site) {
    const clients = Array.from({ length: CLIENTS }, () => sendRefused(askLarge(site), REQUESTS));
    return {
      refused: Promise.all(clients).then(() => {}),
      async stop() {
        const { status } = await site.ask("/v1/jobs");
        if (status !== 200) throw new Error(`the list is answered ${status}`);
      },
    };
  },
};

/** In turns as JSON and in a form. */
function askLarge(site: AttackedSite): Ask {
  const label = (i: number): string => `a label that no model has ${i}`;
  const labels = Array.from({ length: BYTES / label(10_000).length }, (_, i) => label(i));
  const request = { options: { labels } };
  const source = { url: `${site.url}/video.mp4` };
  return (turn) => {
    if (turn % 2 === 0) return site.askJson("/v1/jobs", { source, ...request });
    const form = new FormData();
    form.append("options", JSON.stringify(request));
    form.append("file", new Blob(["no video"]), "video.mp4");
    return site.ask("/v1/jobs", { method: "POST", body: form });
  };
}
