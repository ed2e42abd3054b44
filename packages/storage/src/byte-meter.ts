import { createHash } from "node:crypto";
import { Transform } from "node:stream";
import { ProblemError } from "@framequeue/contracts";

/** What passes through, counted and hashed; more than the limit breaks it with `payload-too-large`. */
export interface ByteMeter {
  readonly stream: Transform;
  /** Of all that has passed. To be asked once. */
  total(): { readonly bytes: number; readonly sha256: string };
}

export function createByteMeter(limitBytes = Infinity): ByteMeter {
  const hash = createHash("sha256");
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limitBytes) {
        done(tooLarge(limitBytes));
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, total: () => ({ bytes, sha256: hash.digest("hex") }) };
}

function tooLarge(limitBytes: number): ProblemError {
  return new ProblemError(
    "payload-too-large",
    `The upload is larger than ${limitBytes} bytes, the limit of this server.`,
  );
}
