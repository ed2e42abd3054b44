import { readFile, rm, writeFile } from "node:fs/promises";

/** What can happen to the bytes of an object behind the store's back. */
export const STRIKES = {
  deleted: (path: string) => rm(path),
  emptied: (path: string) => writeFile(path, ""),
  truncated: async (path: string) => {
    const body = await readFile(path);
    await writeFile(path, body.subarray(0, body.length >> 1));
  },
  flipped: async (path: string) => {
    const body = await readFile(path);
    flipDigit(body);
    await writeFile(path, body);
  },
} as const satisfies Record<string, (path: string) => Promise<void>>;

export type Strike = keyof typeof STRIKES;
export const STRIKE_NAMES = Object.keys(STRIKES) as Strike[];

/** In JSON another digit, so that it stays JSON; else one bit in the middle. */
function flipDigit(body: Buffer): void {
  const from = body.length >> 1;
  for (let i = from; i < body.length; i++) {
    const char = body[i]!;
    if (char < 0x30 || char > 0x39) continue;
    body[i] = char === 0x39 ? 0x38 : char + 1;
    return;
  }
  body[from]! ^= 1;
}
