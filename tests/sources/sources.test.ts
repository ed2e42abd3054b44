import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { type Summary, summarySchema } from "@framequeue/contracts";
import { analyze, openWorkshop } from "../e2e/product.ts";
import { checkSources, describeChecked } from "./check.ts";
import type { Expectation } from "./judge.ts";

const run = promisify(execFile);

test("every kind of source gives what a plain decode gives", async () => {
  await using at = await openWorkshop();
  const file = (name: string): string => join(at.folder, name);
  const make = async (name: string, args: string): Promise<string> => {
    await run("ffmpeg", ["-v", "error", "-y", ...args.split(" "), name], { cwd: at.folder });
    return file(name);
  };
  const video = "-f lavfi -i testsrc2=s=160x120:r=25:d=1";
  const h264 = "-c:v libx264 -preset ultrafast -g 10 -bf 2";

  // The header of the sound is damaged, the pictures are not.
  const sound = await readFile(
    await make("sound.mp4", `${video} -f lavfi -i sine=d=1 ${h264} -c:a aac`),
  );
  const config = sound.indexOf(Buffer.from([5, 0x80, 0x80, 0x80, 5])) + 5;
  await writeFile(file("damaged-sound.mp4"), sound.fill(0xff, config, config + 5));
  const whole = await readFile(await make("whole.avi", `${video} -c:v mpeg4`));
  // Behind the tenth frame, so that nothing is damaged.
  const { stdout } = await run("ffprobe", [
    ...["-v", "error", "-show_entries", "packet=pos", "-of", "csv=p=0", file("whole.avi")],
  ]);
  const tenth = Number.parseInt(stdout.split("\n")[10]!, 10);
  await writeFile(file("cut.avi"), whole.subarray(0, tenth));
  await make("flat.mkv", `${video} -vf setsar=64/45 ${h264}`);
  await make("even.mp4", `${video} ${h264}`);
  // The picture that is shown last, at 24/25 s, stays for 1.57 s.
  const long = "setts=pts=PTS:dts=DTS:duration='if(gte(PTS,12288),20096,512)'";
  await make("long-last.mp4", `-i even.mp4 -c copy -bsf:v ${long}`);
  await make("raw.mjpeg", `${video} -c:v mjpeg -f mjpeg`);
  await make("two.mkv", `${video} -f lavfi -i testsrc2=s=320x240:r=25:d=1 -map 0 -map 1 ${h264}`);
  await make("cover.jpg", `${video} -frames:v 1`);
  await make(
    "cover.m4a",
    "-f lavfi -i sine=d=1 -i cover.jpg -map 0 -map 1 -c:a aac -c:v copy -disposition:v attached_pic",
  );
  const key = "00112233445566778899aabbccddeeff";
  await make(
    "locked.mp4",
    `${video} ${h264} -encryption_scheme cenc-aes-ctr -encryption_key ${key} -encryption_kid ${key}`,
  );

  const sources: [name: string, expected: Expectation][] = [
    ["damaged-sound.mp4", {}],
    ["cut.avi", { cutOff: 15, says: /ends before its headers say/ }],
    ["flat.mkv", {}],
    ["even.mp4", { lastSeconds: 0.04 }],
    ["long-last.mp4", { lastSeconds: 1.57 }],
    ["raw.mjpeg", {}],
    ["two.mkv", {}],
    ["two.mkv", { stream: 1 }],
    ["cover.jpg", { problem: /^source-not-video$/, says: /is a picture/ }],
    ["cover.m4a", { problem: /^source-no-video-stream$/, says: /--stream 1,/ }],
    // What that text says to do.
    ["cover.m4a", { stream: 1 }],
    [
      "flat.mkv",
      { stream: 7, problem: /^source-no-video-stream$/, says: /streams: none|0 \(h264/ },
    ],
    ["locked.mp4", { problem: /^source-unsupported$/, says: /encrypted/ }],
  ];
  const checked = await checkSources(
    sources.map(([name, expected]) => ({ name, path: file(name), expected })),
    async (args) => {
      const out = file(`out-${args[0] === "--stream" ? args[1] : "own"}`);
      return (await analyze(at, ["--json", "--model", at.model, "--out", out, ...args])).stdout;
    },
  );
  for (const each of checked) assert.deepEqual(each.faults, [], describeChecked(each));

  const summaryOf = async (name: string, expected: Expectation = {}): Promise<Summary> => {
    const { outcome } = checked.find(
      (each) => each.name === name && each.expected.stream === expected.stream,
    )!;
    return summarySchema.parse(
      JSON.parse(await readFile(outcome!.artifacts!["summary.json"]!, "utf8")),
    );
  };
  assert.deepEqual((await summaryOf("cut.avi")).gaps, [
    { from: 10, to: 24, reason: "source-truncated" },
  ]);
  const listed = [
    { index: 0, codec: "h264", width: 160, height: 120 },
    { index: 1, codec: "h264", width: 320, height: 240 },
  ];
  const two = await summaryOf("two.mkv");
  assert.deepEqual([two.state, two.warnings], ["succeeded", []]);
  assert.deepEqual(two.source.media.videoStreams, listed);
  assert.equal((await summaryOf("two.mkv", { stream: 1 })).source.media.streamIndex, 1);
  assert.equal((await summaryOf("flat.mkv")).source.media.videoStreams, undefined);
});
