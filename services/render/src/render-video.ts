export async function renderVideo(..._args: unknown[]): Promise<void> {
  throw new Error("later");
}
