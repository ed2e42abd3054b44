import { measure } from "./measure.ts";
import type { MeasurementOrder, MeasurementReply } from "./measurement.ts";

/** A process that measures one setting: gets its order from its parent, answers, and ends. */
process.once("message", (order: MeasurementOrder) => {
  measure(order)
    .then(
      (measurement): MeasurementReply => ({ measurement }),
      (error: Error): MeasurementReply => ({ reason: error.message }),
    )
    .then((reply) => process.send!(reply, () => process.disconnect()))
    .catch(() => process.exit(1));
});
