import { rename, rm, writeFile } from "node:fs/promises";

/**
 * Keeps a file that tells Prometheus which processes there are and where they answer, in the form of its
 * `file_sd_configs`: ports are free ones, and processes come and go. `job` is the service, `instance` the process.
 */
export interface MetricsTargets extends AsyncDisposable {
  /** Addresses by the name of the process, such as `infer-2`. */
  update(health: Readonly<Record<string, string>>): void;
}

export function createMetricsTargets(file: string): MetricsTargets {
  let last: Promise<void> = Promise.resolve();
  async function write(health: Readonly<Record<string, string>>): Promise<void> {
    const groups = Object.entries(health)
      .filter(([, url]) => URL.canParse(url))
      .map(([name, url]) => ({
        targets: [new URL(url).host],
        labels: { job: name.replace(/-\d+$/, ""), instance: name },
      }));
    // Whole or not at all: Prometheus reads whenever it changes.
    await writeFile(`${file}.new`, `${JSON.stringify(groups, undefined, 2)}\n`);
    await rename(`${file}.new`, file);
  }
  return {
    update(health) {
      // A disk that is full must not end what runs; the next change tries again.
      last = last.then(() => write(health)).catch(() => {});
    },
    async [Symbol.asyncDispose]() {
      await last;
      await rm(file, { force: true });
    },
  };
}
