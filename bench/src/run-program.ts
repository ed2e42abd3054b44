import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { tiedCommand } from "@framequeue/lifetime";

/** Runs a program that ends when this process does; answers what it prints. Throws where it fails. */
export async function runProgram(name: string, args: readonly string[]): Promise<string> {
  const { program, args: tied } = tiedCommand(name, args);
  return (await promisify(execFile)(program, [...tied])).stdout;
}

/** Runs a script of the benchmarks in a process of its own; answers what it prints. Throws where it fails. */
export async function runScript(file: string, args: readonly string[]): Promise<string> {
  const { program, args: tied } = tiedCommand(process.execPath, [file, ...args]);
  const child = spawn(program, tied, { stdio: ["ignore", "pipe", "inherit"] });
  const printed = text(child.stdout);
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (code !== 0) throw new Error(`${file} ended with ${code ?? signal}.`);
  return printed;
}
