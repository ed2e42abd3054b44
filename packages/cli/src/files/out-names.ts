import { basename, extname } from "node:path";

/**
 * A name for the results of each video of one command: the video's own without its extension. Where several share one,
 * the first has it and each other gets the next number that no video of the command has in its name, so that the order
 * of the videos decides and nothing else. Names that some file systems hold for equal (case, composed letters) are.
 */
export function outNames(videos: readonly string[]): string[] {
  const stems = videos.map(stemOf);
  const own = new Set(stems.map(folded));
  const used = new Set<string>();
  return stems.map((stem) => {
    let name = stem;
    for (let n = 2; used.has(folded(name)) || (name !== stem && own.has(folded(name))); n++) {
      name = `${stem}-${n}`;
    }
    used.add(folded(name));
    return name;
  });
}

function stemOf(video: string): string {
  const stem = basename(video, extname(video));
  // `...mp4` would otherwise be the folder above.
  return /^\.*$/.test(stem) ? "video" : stem;
}

function folded(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
