import { setTimeout as sleep } from "node:timers/promises";
import { connectRedis } from "@framequeue/pipeline";

/** How long a server may take before the work; what goes away later is waited for. */
const ANSWER_MS = 10_000;

/** Why a Redis server does not answer; undefined where it does. */
export async function whyNoAnswer(url: string): Promise<string | undefined> {
  const redis = connectRedis(url);
  let why = "it does not answer";
  redis.on("error", (error) => (why = error.message));
  try {
    const answers = redis.ping().then(() => true);
    // Rejected where the connection is closed below.
    answers.catch(() => {});
    const answered = await Promise.race([answers, sleep(ANSWER_MS, false, { ref: false })]);
    return answered ? undefined : why;
  } finally {
    redis.disconnect();
  }
}
