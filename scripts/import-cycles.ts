/**
 * Cycles of a directed graph, each a path from its first node by name whose last leads back to it: one for every edge that a walk depth
 * first finds leading back into its own path. Empty exactly when the graph has no cycle.
 */
export function cyclesOf(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const cycles: string[][] = [];
  const state = new Map<string, "open" | "done">();
  const path: string[] = [];

  function visit(node: string): void {
    state.set(node, "open");
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      const seen = state.get(next);
      if (seen === undefined) visit(next);
      else if (seen === "open") cycles.push(fromFirstByName(path.slice(path.indexOf(next))));
    }
    path.pop();
    state.set(node, "done");
  }

  for (const node of [...graph.keys()].sort()) if (!state.has(node)) visit(node);
  return cycles;
}

function fromFirstByName(cycle: readonly string[]): string[] {
  const start = cycle.indexOf([...cycle].sort()[0]!);
  return [...cycle.slice(start), ...cycle.slice(0, start)];
}
