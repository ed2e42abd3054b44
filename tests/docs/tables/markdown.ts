/** A table in Markdown. Pipes in cells are escaped; columns are not aligned, which the formatter does. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A value as documents write it. What is in words stays so. */
export function code(text: string): string {
  const isValue = /^(?:-?[\d.]+|true|false|[a-z]+)$/.test(text) && !["none", "all"].includes(text);
  return isValue ? `\`${text}\`` : text;
}
