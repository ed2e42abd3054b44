import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A temporary folder of small clips, gone when it is disposed of. */
export class ClipFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<ClipFolder> {
    return new ClipFolder(await mkdtemp(join(tmpdir(), "framequeue-media-")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(this.file(name), content);
    return this.file(name);
  }

  /** Runs ffmpeg with these arguments, split at spaces, and the output's path at the end. */
  async encode(name: string, args: string): Promise<string> {
    await run("ffmpeg", ["-v", "error", "-y", ...args.split(" "), this.file(name)]);
    return this.file(name);
  }

  /** H.264 with B-frames; a key frame each second; 160 × 120. */
  bFrames(name: string, seconds: number, more = ""): Promise<string> {
    return this.encode(
      name,
      `-f lavfi -i testsrc2=s=160x120:r=25:d=${seconds}${more} -c:v libx264 -preset veryfast -bf 2 -g 25`,
    );
  }

  /** Open groups of pictures, B-frames, and frames at uneven times. */
  openGopVfr(name: string, seconds: number): Promise<string> {
    return this.encode(
      name,
      `-f lavfi -i testsrc2=s=160x120:r=25:d=${seconds} -vf settb=1/1000,setpts=PTS+mod(N\\,3)*11 ` +
        "-fps_mode passthrough -enc_time_base 1/1000 -c:v libx264 -preset veryfast " +
        "-x264-params open-gop=1:bframes=3:keyint=25:min-keyint=25:scenecut=0",
    );
  }

  /** The first `fraction` of a file's bytes. */
  async truncate(source: string, name: string, fraction: number): Promise<string> {
    const bytes = await readFile(source);
    return this.write(name, bytes.subarray(0, Math.floor(bytes.length * fraction)));
  }

  /**
   * Rewrites the display matrix of an mp4's first track: `[a, b, c, d]` as in `x' = ax + cy, y' = bx + dy`
   * (ISO/IEC 14496-12, 8.3.2). Done by hand because the option for it differs between versions of ffmpeg.
   */
  async turn(source: string, name: string, matrix: readonly number[]): Promise<string> {
    const bytes = await readFile(source);
    const at = bytes.indexOf("tkhd") + 4 + 40;
    for (const [index, value] of matrix.entries()) {
      bytes.writeInt32BE(value * 0x1_00_00, at + (index < 2 ? index : index + 1) * 4);
    }
    return this.write(name, bytes);
  }
}
