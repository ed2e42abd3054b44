import { z } from "zod";
import {
  choiceSetting,
  flagSetting,
  integerSetting,
  numberSetting,
  textSetting,
} from "../config/settings.ts";

const SAMPLERS = [
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
  "always_on",
  "always_off",
  "traceidratio",
] as const;
const PROTOCOLS = ["http/protobuf", "http/json"] as const;
const url = () =>
  textSetting({ pattern: /^https?:\/\//, form: "an http or https URL", default: "" });

/**
 * OpenTelemetry's own variables, as far as they decide something here; the exporter reads the rest itself (headers,
 * timeouts, certificates).
 */
export const tracingConfig = {
  OTEL_SDK_DISABLED: flagSetting(false),
  /** Without it traces are exported where an endpoint is set. */
  OTEL_TRACES_EXPORTER: choiceSetting(["none", "otlp", "console", "default"], "default"),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url(),
  OTEL_EXPORTER_OTLP_PROTOCOL: choiceSetting(PROTOCOLS, "http/protobuf"),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: choiceSetting([...PROTOCOLS, "default"], "default"),
  OTEL_TRACES_SAMPLER: choiceSetting(SAMPLERS, "parentbased_always_on"),
  OTEL_TRACES_SAMPLER_ARG: numberSetting({ min: 0, max: 1, default: 1 }),
  OTEL_BSP_SCHEDULE_DELAY: integerSetting({ min: 1, max: 600_000, default: 5_000 }),
} as const;

export interface TracingSettings {
  readonly exporter: "none" | "otlp" | "console";
  readonly protocol: (typeof PROTOCOLS)[number];
  /** Part of the jobs that are traced, 0 to 1. */
  readonly ratio: number;
  readonly delayMs: number;
}

const schema = z.object(tracingConfig);

export function tracingSettings(env: z.output<typeof schema>): TracingSettings {
  const hasEndpoint =
    env.OTEL_EXPORTER_OTLP_ENDPOINT !== "" || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== "";
  const asked = env.OTEL_TRACES_EXPORTER;
  const exporter = asked === "default" ? (hasEndpoint ? "otlp" : "none") : asked;
  const specific = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL;
  const sampler = env.OTEL_TRACES_SAMPLER;
  return {
    exporter: env.OTEL_SDK_DISABLED ? "none" : exporter,
    protocol: specific === "default" ? env.OTEL_EXPORTER_OTLP_PROTOCOL : specific,
    ratio: sampler.endsWith("always_on")
      ? 1
      : sampler.endsWith("always_off")
        ? 0
        : env.OTEL_TRACES_SAMPLER_ARG,
    delayMs: env.OTEL_BSP_SCHEDULE_DELAY,
  };
}
