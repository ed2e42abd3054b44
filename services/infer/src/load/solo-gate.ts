/**
 * Lets work share a process, or have it to itself. What is suspected of having killed a process runs alone, so that the
 * next death says who it was and costs nobody else an attempt. First come, first served: neither kind starves the other.
 */
export interface SoloGate {
  share<T>(work: () => Promise<T>): Promise<T>;
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function createSoloGate(): SoloGate {
  const queue: { readonly solo: boolean; readonly enter: () => void }[] = [];
  let sharing = 0;
  let busy = false;

  function admit(): void {
    for (let next = queue[0]; next !== undefined && !busy; next = queue[0]) {
      if (next.solo && sharing > 0) return;
      queue.shift();
      if (next.solo) busy = true;
      else sharing++;
      next.enter();
    }
  }

  async function enter<T>(solo: boolean, work: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.push({ solo, enter: resolve });
    admit();
    await promise;
    try {
      return await work();
    } finally {
      if (solo) busy = false;
      else sharing--;
      admit();
    }
  }
  return { share: (work) => enter(false, work), alone: (work) => enter(true, work) };
}
