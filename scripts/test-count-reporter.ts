import type { TestEvent } from "node:test/reporters";

/**
 * A reporter whose whole output is how many tests ran, passed or failed, leaving out the skipped. The summary of the
 * whole run would not do: there a file in which no test ran counts as one that passed.
 */
export default async function* testCount(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let ran = 0;
  for await (const event of events) {
    if (event.type !== "test:summary" || event.data.file === undefined) continue;
    const { tests, skipped, todo } = event.data.counts;
    ran += tests - skipped - todo;
  }
  yield String(ran);
}
