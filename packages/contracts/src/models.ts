import { z } from "zod";

/** Names one immutable model: a job pins this when it is accepted. */
export const modelRefSchema = z.object({
  role: z.enum(["detector"]),
  name: z.string(),
  version: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "is not a sha256 in hexadecimal"),
});
export type ModelRef = z.infer<typeof modelRefSchema>;

/** Object store keys of a registered model. */
export function modelKeys(sha256: string): { model: string; manifest: string } {
  return { model: `models/${sha256}/model.onnx`, manifest: `models/${sha256}/manifest.json` };
}
