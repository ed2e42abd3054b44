import { numericClass, PROVIDER_NAMES, tryProvider } from "@framequeue/models";
import type { Terminal } from "../text/terminal.ts";

/** `models providers`: tries every execution provider on this machine. Answers the exit code. */
export async function showProviders({ stdout }: Pick<Terminal, "stdout">): Promise<number> {
  for (const provider of PROVIDER_NAMES) {
    const { devices, reason } = await tryProvider(provider, [0]);
    const line =
      devices[0] === undefined
        ? `cannot be used: ${reason}`
        : `can be used; numeric class ${await numericClass(devices[0])}`;
    stdout.write(`${provider.padEnd(10)}${line}\n`);
  }
  return 0;
}
