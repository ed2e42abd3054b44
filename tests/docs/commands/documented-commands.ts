/** A command that a document tells its readers to run. */
export interface DocumentedCommand {
  /** Path of the document below the repository. */
  readonly document: string;
  /** As it stands there, without the comment behind it; over several lines where it goes over several. */
  readonly text: string;
}

/** Blocks without a language hold commands where a line begins so. */
const BEGINNINGS = /^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:npm|node|sh|docker|kubectl|curl|git) /;
/** What stands between backticks in a text is a command where it begins so. */
const INLINE =
  /^(?:[A-Z_]+=\S+ )*(?:npm (?:run|test|start)\b|node \S|sh scripts\/|docker compose\b|kubectl |curl |promtool |redis-cli |\.ci\/)/;

/** Every command of a document: those in its blocks in order, then those in its text, each once. */
export function documentedCommands(document: string, markdown: string): DocumentedCommand[] {
  const texts: string[] = [];
  const fence = /^```(\w*)\n(.*?)^```$/gms;
  for (const [, language = "", body = ""] of markdown.matchAll(fence)) {
    if (language === "sh") texts.push(...commandsOf(body));
    else if (language === "") {
      const lines = body.split("\n").filter((line) => BEGINNINGS.test(line));
      texts.push(...commandsOf(lines.map((line) => line.replace(/^\$ /, "")).join("\n")));
    }
  }
  for (const [, code = ""] of markdown.replace(fence, "").matchAll(/`([^`\n]+)`/g)) {
    if (INLINE.test(code)) texts.push(code);
  }
  return [...new Set(texts)].map((text) => ({ document, text }));
}

/** The commands of a shell script: a line each, with what a backslash or a here-document adds to it. */
function commandsOf(script: string): string[] {
  const commands: string[] = [];
  const lines = script.split("\n");
  while (lines.length > 0) {
    let command = withoutComment(lines.shift()!);
    while (command.endsWith("\\") && lines.length > 0) command += `\n${lines.shift()}`;
    const end = /<<'?(\w+)'?/.exec(command)?.[1];
    if (end !== undefined) {
      command += `\n${lines.splice(0, lines.indexOf(end) + 1).join("\n")}`;
    }
    if (command !== "") commands.push(command);
  }
  return commands;
}

function withoutComment(line: string): string {
  return line.replace(/(^|\s)#\s.*$/, "").trimEnd();
}
