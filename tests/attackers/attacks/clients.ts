import type { Answer } from "../attacked-site.ts";

/** One request, by its number, and what came of it. */
export type Ask = (turn: number) => Promise<Answer>;

/** Sends requests one after the other, so many or until the signal; each has to be refused. */
export async function sendRefused(ask: Ask, most: number, signal?: AbortSignal): Promise<void> {
  for (let turn = 0; turn < most; turn++) {
    if (signal?.aborted) return;
    // A server that refuses before it has read everything may close the connection under the client's hands.
    const answer = await ask(turn).catch(() => undefined);
    if (answer === undefined || (answer.status >= 400 && answer.status < 500)) continue;
    if (answer.body?.code === "model-check-busy") continue;
    throw new Error(`a request was answered ${answer.status} ${answer.body?.code ?? ""}`.trim());
  }
}
