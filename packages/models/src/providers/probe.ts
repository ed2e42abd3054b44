import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { arch, platform } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ExecutionDevice, ProviderName } from "./provider.ts";

const run = promisify(execFile);
/** The first use of a GPU loads hundreds of megabytes of libraries. */
const PROBE_MS = 120_000;

/** Libraries that a provider is in, where it is not part of onnxruntime itself. npm's package leaves them out. */
const LIBRARIES: Partial<Record<ProviderName, string>> = {
  cuda: "libonnxruntime_providers_cuda.so",
  tensorrt: "libonnxruntime_providers_tensorrt.so",
};

/** Whether a device can run a graph: undefined, or the reason why not, without a full stop. */
export type ProbeDevice = (on: ExecutionDevice) => Promise<string | undefined>;

/**
 * Tries it, in a process of its own that may crash.
 *
 * @param folder of onnxruntime's libraries
 */
export async function probeDevice(
  { provider, device }: ExecutionDevice,
  folder = libraryFolder(),
): Promise<string | undefined> {
  if (provider === "cpu") return undefined;
  const library = LIBRARIES[provider];
  if (library !== undefined && !(await exists(new URL(library, folder)))) {
    return `its library ${library} is not installed beside onnxruntime`;
  }
  const script = fileURLToPath(new URL("./probe-process.ts", import.meta.url));
  try {
    const { stdout } = await run(process.execPath, [script, provider, String(device)], {
      timeout: PROBE_MS,
      killSignal: "SIGKILL",
      env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
    });
    return stdout === "ok" ? undefined : stdout || "its probe said nothing";
  } catch (error) {
    return ending(error);
  }
}

function ending(error: unknown): string {
  const { signal, killed, code } = error as { signal?: string; killed?: boolean; code?: unknown };
  if (killed === true) return `it did not answer within ${PROBE_MS / 1000} s`;
  if (typeof signal === "string") return `it took its process with it (${signal})`;
  return `its probe ended with ${String(code)}`;
}

function libraryFolder(): URL {
  return new URL(`../bin/napi-v6/${platform}/${arch}/`, import.meta.resolve("onnxruntime-node"));
}

function exists(file: URL): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
