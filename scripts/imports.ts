/** One module that a source file names. */
export interface Import {
  readonly specifier: string;
  /** Line of the specifier, from 1. */
  readonly line: number;
  /** `import type` and `export type`: gone at run time. */
  readonly typeOnly: boolean;
}

interface Literal {
  readonly value: string;
  readonly line: number;
}

const COMMENT = String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`;
const STRING = String.raw`"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'`;
// A template inside a template ends the outer one early; the pieces still alternate, so nothing after them is misread.
const TEMPLATE = "`(?:\\\\[\\s\\S]|[^`\\\\])*`";
// A slash begins a regular expression where a value may stand, and divides elsewhere.
const REGULAR_EXPRESSION = String.raw`(?<=(?:[(,=:[!&|?{};+>]|\breturn)\s*)\/(?![*\/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\/\\\n[])+\/[a-z]*`;
const TOKEN = new RegExp([COMMENT, STRING, TEMPLATE, REGULAR_EXPRESSION].join("|"), "g");

const NAMES_A_MODULE = [
  /\b(?:import|export)\s+(type\s)?[\w$*{}\s,]*?\bfrom\s*"(\d+)"/g,
  /\bimport(\s)*"(\d+)"/g,
  /\bimport(\s)*\(\s*"(\d+)"/g,
  /\bimport\.meta\.resolve(\s)*\(\s*"(\d+)"/g,
  /\brequire(\.resolve)?\s*\(\s*"(\d+)"/g,
];

/**
 * The modules that TypeScript source names with a literal: static and dynamic imports, re-exports, `require`,
 * `import.meta.resolve`, and files of code named by `new URL("…", import.meta.url)`, as worker threads are.
 * Reads text, not syntax: comments and the insides of strings are set apart first.
 */
export function importsOf(source: string): Import[] {
  const { code, literals } = setLiteralsApart(source);
  const found: Import[] = [];
  for (const pattern of NAMES_A_MODULE) {
    for (const [, type, index] of code.matchAll(pattern)) {
      const literal = literals[Number(index)]!;
      found.push({
        specifier: literal.value,
        line: literal.line,
        typeOnly: type?.startsWith("type") ?? false,
      });
    }
  }
  for (const [, index] of code.matchAll(
    /\bnew URL\(\s*"(\d+)"\s*,\s*import\.meta\.url\s*,?\s*\)/g,
  )) {
    const { value, line } = literals[Number(index)]!;
    if (/\.[jt]s$/.test(value)) found.push({ specifier: value, line, typeOnly: false });
  }
  return found.sort((a, b) => a.line - b.line);
}

/** The source with comments blank and every string literal replaced by its number in quotes. */
function setLiteralsApart(source: string): { code: string; literals: Literal[] } {
  const literals: Literal[] = [];
  let line = 1;
  let counted = 0;
  const code = source.replace(TOKEN, (token: string, offset: number) => {
    for (; counted < offset; counted++) if (source[counted] === "\n") line++;
    if (token[0] !== '"' && token[0] !== "'") return " 0 ".slice(0, token[0] === "/" ? 1 : 3);
    literals.push({ value: token.slice(1, -1), line });
    return `"${literals.length - 1}"`;
  });
  return { code, literals };
}
