/** Characters before the text of an option. */
const MARGIN = 25;
const WIDTH = 120;

/** What stands before an option's text, such as `--out DIR`, and the text. */
export type HelpRow = readonly [option: string, text: string];

/** The options of a command as its help shows them, one below the other. */
export function helpLines(rows: readonly HelpRow[]): string {
  return rows
    .map(([option, text]) => {
      const head = `  ${option}`;
      const [first = "", ...more] = wrapped(text, WIDTH - MARGIN);
      // What does not fit beside its text stands above it.
      const lines = head.length < MARGIN ? [head.padEnd(MARGIN) + first] : [head, indented(first)];
      return [...lines, ...more.map(indented)].map((line) => `${line}\n`).join("");
    })
    .join("");
}

function indented(text: string): string {
  return " ".repeat(MARGIN) + text;
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
