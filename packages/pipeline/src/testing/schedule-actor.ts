/** What an actor did in one step, for the story; `die` where the work itself takes the process with it. */
export type Step = string;
export const DIE: Step = "die";

/** So often it is looked again whether an actor wants something: some seconds. */
const ROUNDS = 1_000_000;

interface Wanted {
  readonly label: Step;
  readonly run: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs code of the product as a process of its own whose every word to the outside waits for the schedule: between two
 * of them it may be given up for ever, as by a crash, and others act. What it says at the same time is heard in any
 * order.
 */
export class Actor {
  readonly #body: (actor: Actor) => Promise<void>;
  #wanted: Wanted[] = [];
  #isBegun = false;
  #isOver = false;
  #fault: Error | undefined;

  constructor(body: (actor: Actor) => Promise<void>) {
    this.#body = body;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Called by ports: does `run` when its turn comes. */
  call<T>(label: Step, run: () => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#wanted.push({
        label,
        run: async () => run(),
        resolve: resolve as (value: unknown) => void,
        reject,
      });
    });
  }

  /** Does one thing that the actor wants, and lets it go on until it wants others. Throws what the actor throws. */
  async step(pick: (count: number) => number): Promise<Step> {
    let label = "begins";
    if (!this.#isBegun) {
      this.#isBegun = true;
      this.#body(this).then(
        () => (this.#isOver = true),
        (error: unknown) => {
          this.#isOver = true;
          this.#fault = error instanceof Error ? error : new Error(String(error));
        },
      );
    } else label = await this.#doOne(pick);
    await quiet();
    // A real Redis takes its time for what is no step of its own.
    for (let rounds = 0; !this.#isOver && this.#wanted.length === 0 && rounds < ROUNDS; rounds++) {
      await quiet();
    }
    if (this.#fault !== undefined) throw this.#fault;
    if (!this.#isOver && this.#wanted.length === 0) {
      throw new Error(`An actor waits for something that is no port, after: ${label}`);
    }
    return label;
  }

  async #doOne(pick: (count: number) => number): Promise<Step> {
    const [wanted] = this.#wanted.splice(pick(this.#wanted.length), 1);
    const { label, run, resolve, reject } = wanted!;
    try {
      const value = await run();
      resolve(value);
      return label + outcomeOf(value);
    } catch (error) {
      reject(error);
      return `${label} throws ${String(error)}`;
    }
  }
}

function outcomeOf(value: unknown): string {
  if (typeof value === "string") return ` ${value}`;
  if (typeof value === "object" && value !== null && "a" in value) return ` ${String(value.a)}`;
  return "";
}

/** Until nothing is left to do but to wait. */
function quiet(): Promise<void> {
  return new Promise((done) => void setImmediate(done));
}
