const LONGEST = 200;

/**
 * What onnxruntime said, fit for a sentence: its first line without paths of its sources, C++ signatures and the
 * file's name, which the caller states anyway. No full stop at the end.
 */
export function shortOnnxruntimeMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split("\n", 1)[0]!.replace(/^Load model from .*? failed: ?/, "");
  const text = withoutSourceLocation(withoutCondition(line)).trim().replace(/\.$/, "");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Cuts the C++ condition that did not hold and all before it, where words about it follow. */
function withoutCondition(text: string): string {
  return text.replace(/^\S+\.(cc|h):\d+ .* was false\. (?=\S)/, "");
}

/** Cuts `/path/file.cc:12 Type function(arguments) ` where the message starts so; arguments may hold parentheses. */
function withoutSourceLocation(text: string): string {
  if (!/^\S+\.(cc|h):\d+ /.test(text)) return text;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")" && --depth === 0 && text[i + 1] === " ") return text.slice(i + 2);
  }
  return text;
}
