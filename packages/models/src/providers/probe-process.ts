import { InferenceSession, Tensor } from "onnxruntime-node";
import { shortOnnxruntimeMessage } from "../session/onnxruntime-message.ts";
import { probeGraph, PROBE_SIDE } from "./probe-graph.ts";
import { executionProviders, type ProviderName } from "./provider.ts";

/**
 * A process of its own that opens a small graph on one device and runs it: `probe-process.ts PROVIDER DEVICE`. What a
 * driver does to a process when it is loaded stays here. Prints `ok`, or why not.
 */
const [provider, device] = process.argv.slice(2);

async function probe(): Promise<string> {
  const on = { provider: provider as ProviderName, device: Number(device) };
  try {
    const session = await InferenceSession.create(probeGraph(), {
      executionProviders: executionProviders(on),
      logSeverityLevel: 4,
      // else a graph that the GPU does not take runs on the CPU without a word
      ...(on.provider === "cpu" ? {} : { extra: { session: { disable_cpu_ep_fallback: "1" } } }),
    });
    const length = 3 * PROBE_SIDE * PROBE_SIDE;
    const x = new Tensor("float32", new Float32Array(length).fill(1), [
      1,
      3,
      PROBE_SIDE,
      PROBE_SIDE,
    ]);
    const { y } = await session.run({ x });
    const wrong = (y!.data as Float32Array).find((value) => Math.abs(value - 27) > 0.01);
    return wrong === undefined ? "ok" : `it computes ${wrong} where 27 is right`;
  } catch (error) {
    return shortOnnxruntimeMessage(error);
  }
}

process.stdout.write(await probe(), () => process.exit(0));
