import { z } from "zod";
import { commonConfig, commonSettings } from "../config/common-config.ts";
import { readConfig } from "../config/config.ts";
import { runService } from "../process/run-service.ts";
import { choiceSetting } from "../config/settings.ts";

// A service for the test of the frame: it says on stdout what happens to it, and misbehaves as told.

const schema = z
  .object({
    ...commonConfig,
    FQ_FAULT: choiceSetting(["none", "start", "hang", "rejection", "stop"], "none"),
  })
  .transform((env) => ({ ...commonSettings(env), fault: env.FQ_FAULT }));

const say = (text: string): boolean => process.stdout.write(`${text}\n`);

await runService({
  name: "example",
  config: (env) => readConfig(schema, env),
  async start({ config, resources }) {
    resources.defer(() => void say("released first"));
    resources.defer(() => void say("released second"));
    if (config.fault === "start") throw new Error("no disk");
    if (config.fault === "hang") {
      say("starting");
      await new Promise(() => {});
    }
    if (config.fault === "rejection") void Promise.reject(new Error("lost await"));
    say("running");
    return {
      ready: () => true,
      stop: async (deadlineMs) => {
        say(`stop ${deadlineMs}`);
        if (config.fault === "stop") await new Promise(() => {});
      },
    };
  },
});
