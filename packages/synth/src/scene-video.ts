import type { Scene } from "./scene.ts";

/** The frames of a scene in order. Each buffer is new and belongs to the caller. */
export async function* sceneFrames(scene: Scene): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let frame = 0; frame < scene.frames; frame++) {
    const buffer = new Uint8Array(scene.width * scene.height * 3);
    scene.render(frame, buffer);
    yield buffer;
    // Rendering never waits for anything by itself; others get their turn between frames.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Arguments that make ffmpeg read the scene's raw frames (from a pipe: "pipe:0"). */
export function rawInputArguments(scene: Scene, source = "pipe:0"): string[] {
  const { layout, width, height, fps } = scene;
  const size = `${width}x${height}`;
  return [
    "-f",
    "rawvideo",
    "-pix_fmt",
    layout,
    "-video_size",
    size,
    "-framerate",
    `${fps}`,
    "-i",
    source,
  ];
}

/**
 * Arguments that make ffmpeg write the scene as H.264, compressed as its difficulty says. Key
 * frames come every two seconds, so that there is something to cut at; one thread, because x264's
 * output depends on the number of threads.
 */
export function h264OutputArguments(scene: Scene, target: string): string[] {
  const { fps, difficulty } = scene;
  return [
    ...["-c:v", "libx264", "-preset", "veryfast", "-crf", `${difficulty.compression}`],
    ...["-pix_fmt", "yuv420p", "-g", `${Math.round(2 * fps)}`, "-threads", "1"],
    ...["-movflags", "+faststart", "-y", target],
  ];
}
