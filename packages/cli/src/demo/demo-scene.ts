import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeVideo } from "@framequeue/media";
import { createScene, type Scene, sceneFrames, sequenceInfo } from "@framequeue/synth";
import type { DemoOptions } from "../options/demo-options.ts";
import { labelLines, truthLines } from "./demo-truth.ts";

/**
 * Scenes of the demo begin here. The bundled detector learnt from the seeds 100000 to 101049 and was measured on small
 * ones (training/README.md), so that it has seen no scene from here on.
 */
const FIRST_SEED = 1_000_000;

export function demoScene({
  seed,
  seconds,
  difficulty,
}: Pick<DemoOptions, "seed" | "seconds" | "difficulty">): Scene {
  return createScene({ seed: FIRST_SEED + seed, seconds, difficulty });
}

export interface WriteSceneOptions {
  /** How the sequence is called in `seqinfo.ini`. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Called with the number of frames drawn so far. */
  readonly onFrame: (done: number) => void;
}

/** Files of a scene, in the folder that is given. */
export const SCENE_FILES = ["scene.mp4", "gt.txt", "labels.txt", "seqinfo.ini"] as const;

/** Draws the scene into `scene.mp4`, and writes what is in it beside it. Equal scenes give equal bytes. */
export async function writeScene(
  scene: Scene,
  folder: string,
  { name, signal, onFrame }: WriteSceneOptions,
): Promise<void> {
  let truth = "";
  async function* frames(): AsyncGenerator<Uint8Array> {
    let frame = 0;
    for await (const pixels of sceneFrames(scene)) {
      yield pixels;
      truth += truthLines(frame, scene.groundTruth(frame));
      onFrame(++frame);
    }
  }
  const { width, height, fps, difficulty } = scene;
  await writeVideo({
    ...{ width, height, fps, crf: difficulty.compression, threads: 1 },
    frames: frames(),
    output: join(folder, "scene.mp4"),
    signal,
  });
  await writeFile(join(folder, "gt.txt"), truth);
  await writeFile(join(folder, "labels.txt"), labelLines());
  await writeFile(join(folder, "seqinfo.ini"), sequenceInfo(scene, name));
}
