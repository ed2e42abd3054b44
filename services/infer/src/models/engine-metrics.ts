import type { Engine } from "@framequeue/models";
import { gaugeIn, type Logger, type Registry } from "@framequeue/service";

/**
 * Shows what models run on here and why, in the log and in the metrics.
 *
 * @param asked whether somebody named the providers: then it is a warning that one does not work
 */
export function showEngine(
  engine: Engine,
  asked: boolean,
  registry: Registry,
  logger: Logger,
): void {
  const { provider, numericClass, devices, findings } = engine;
  for (const { provider: tried, reason } of findings) {
    if (reason === undefined) continue;
    logger[asked ? "warn" : "info"]({ provider: tried, reason }, "provider passed over");
  }
  logger.info({ provider, numericClass, devices: devices.length }, "execution provider chosen");
  const providers = gaugeIn(registry, {
    name: "fq_execution_provider",
    help: "1 for the execution provider that runs models here, 0 for those that were tried before it and why not.",
    labels: ["provider", "class", "reason"],
  });
  for (const { provider: tried, reason = "" } of findings) {
    const chosen = tried === provider;
    providers.set({ provider: tried, class: chosen ? numericClass : "", reason }, chosen ? 1 : 0);
  }
}
