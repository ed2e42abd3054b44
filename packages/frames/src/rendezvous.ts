/**
 * Rendezvous hashing, also called highest random weight (Thaler and Ravishankar, 1998): of all servers, an item goes to
 * the one whose weight with it is highest. Whoever has the same list, in whatever order, chooses the same; a server
 * that comes takes only what it wins, and of a server that goes only its own items move.
 */
export function chooseByWeight(servers: readonly string[], item: string): string {
  let best: string | undefined;
  let bestWeight = -1;
  for (const server of servers) {
    const weight = rendezvousWeight(server, item);
    // Equal weights are as good as never; the name decides, not the place in the list.
    if (weight > bestWeight || (weight === bestWeight && server < best!)) {
      best = server;
      bestWeight = weight;
    }
  }
  if (best === undefined) throw new RangeError("There is no server to choose from.");
  return best;
}

/**
 * A number from 0 to 2³² - 1 that depends on every character of both: FNV-1a, which alone leaves neighbouring texts
 * with neighbouring numbers, and then the finalizer of MurmurHash3.
 */
export function rendezvousWeight(server: string, item: string): number {
  let hash = 0x811c9dc5;
  const text = `${server}\n${item}`;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
