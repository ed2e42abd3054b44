import { ProblemError } from "@framequeue/contracts";
import { numericClass } from "./numeric-class.ts";
import { probeDevice, type ProbeDevice } from "./probe.ts";
import type { ExecutionDevice, ProviderName } from "./provider.ts";
import { createTurns, type Turns } from "./turns.ts";

/** A provider that was tried, and why it is not used; no reason where it is. */
export interface ProviderFinding {
  readonly provider: ProviderName;
  readonly reason?: string;
}

/** What this process runs models on. */
export interface Engine {
  readonly provider: ProviderName;
  /** Where sessions may be opened: each GPU once. */
  readonly devices: readonly ExecutionDevice[];
  /** Equal for processes whose results are equal to the last bit, as far as can be known. */
  readonly numericClass: string;
  /** The providers in the order in which they were tried, the chosen one last. */
  readonly findings: readonly ProviderFinding[];
  /** Where two runs must not meet, whatever their models: each takes its turn. */
  readonly turns?: Turns;
}

export interface ChooseOptions {
  /** In order of preference. */
  readonly providers: readonly ProviderName[];
  /** GPUs to use, by their numbers; a session thread each. */
  readonly gpus: readonly number[];
  /** In place of the name that is made of provider, device and version of the runtime. */
  readonly numericClass?: string | undefined;
  readonly probe?: ProbeDevice;
}

/** The devices of one provider that really run a graph here, and the reason against the others. */
export async function tryProvider(
  provider: ProviderName,
  gpus: readonly number[],
  probe: ProbeDevice = probeDevice,
): Promise<ProviderFinding & { readonly devices: readonly ExecutionDevice[] }> {
  const devices: ExecutionDevice[] = [];
  const reasons: string[] = [];
  // WebGPU has no numbers for its devices here: the driver's first one is used
  const numbers = provider === "cuda" || provider === "tensorrt" ? gpus : [0];
  for (const device of numbers) {
    const reason = await probe({ provider, device });
    if (reason === undefined) devices.push({ provider, device });
    else reasons.push(numbers.length === 1 ? reason : `GPU ${device}: ${reason}`);
  }
  return { provider, devices, ...(reasons.length === 0 ? {} : { reason: reasons.join("; ") }) };
}

/**
 * Takes the first provider that really runs a graph here. A GPU among several that does not work is left out; a
 * provider of which none does gives way to the next.
 *
 * @throws ProblemError `provider-unavailable` with every reason if none is left
 */
export async function chooseEngine(options: ChooseOptions): Promise<Engine> {
  const { providers, gpus, probe = probeDevice } = options;
  const findings: ProviderFinding[] = [];
  for (const provider of providers) {
    const { devices, ...finding } = await tryProvider(provider, gpus, probe);
    findings.push(finding);
    if (devices.length === 0) continue;
    return {
      provider,
      devices,
      findings,
      numericClass: options.numericClass ?? (await numericClass(devices[0]!)),
      ...(provider === "webgpu" ? { turns: createTurns() } : {}),
    };
  }
  const list = findings.map(({ provider, reason }) => `${provider}: ${reason}`).join("; ");
  throw new ProblemError(
    "provider-unavailable",
    `None of the providers can be used here. ${list}. Add cpu to FQ_PROVIDERS, which always can.`,
    { at: "FQ_PROVIDERS" },
  );
}
