import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { scanPackets } from "../probe/packet-scan.ts";
import { probe } from "../probe/probe.ts";
import { planSegments } from "../probe/segments.ts";
import { ClipFolder } from "../testing/clips.ts";
import { bytesInMemory } from "./byte-reader.ts";
import { readContainerFacts } from "./container-facts.ts";

let clips: ClipFolder;
before(async () => {
  clips = await ClipFolder.create();
});
after(() => clips[Symbol.asyncDispose]());

const VIDEO = "-f lavfi -i testsrc2=s=160x120:r=25:d=2";
const H264 = "-c:v libx264 -preset veryfast -g 25";
const FRAMES = 50;

async function planOf(path: string) {
  const info = await probe(path);
  const scan = await scanPackets(path, info.streamIndex, { info });
  return { info, scan, plan: planSegments(info, scan, { segmentSeconds: 0.5 }) };
}

test("a file that is cut says how many frames are missing, a whole one says nothing", async () => {
  const table: [string, string][] = [
    ["mpeg4.avi", "-c:v mpeg4"],
    ["h264.avi", H264],
    ["vp8.ivf", "-c:v libvpx -deadline realtime"],
    ["wmv.asf", "-c:v wmv2"],
    ["h264.flv", H264],
    ["mpeg2.mxf", "-c:v mpeg2video"],
    ["front.mp4", `${H264} -movflags +faststart`],
    ["sidx.mp4", `${H264} -movflags +dash+global_sidx+frag_keyframe`],
  ];
  for (const [name, args] of table) {
    const whole = await clips.encode(name, `${VIDEO} ${args}`);
    const { info, plan } = await planOf(whole);
    assert.deepEqual([name, info.cutShort, plan.expectedFrames], [name, undefined, FRAMES]);
    assert.ok(
      plan.segments.every(({ truncated }) => truncated === undefined),
      name,
    );
    const cut = await planOf(await clips.truncate(whole, `cut-${name}`, 0.6));
    assert.ok(cut.scan.packets > 3 && cut.scan.packets < FRAMES, name);
    const { frames, truncated } = cut.plan.segments[0]!;
    assert.deepEqual([name, cut.plan.mode, truncated], [name, "sequential", true]);
    // ffmpeg's FLV and ASF know their length in milliseconds, which is that of the last frame's beginning or end.
    assert.ok(Math.abs(frames - FRAMES) <= 1, `${name}: ${frames}`);
  }
});

test("an AVI file with skipped frames is whole", async () => {
  const skipping = "select='not(between(n,10,19))+eq(n,0)',select='lt(n,10)+gt(n,10)'";
  const path = await clips.encode(
    "skipped.avi",
    `${VIDEO} -vf ${skipping} -fps_mode passthrough -enc_time_base 1/25 -c:v mpeg4`,
  );
  const { info, scan, plan } = await planOf(path);
  assert.ok(scan.packets < info.statedEnd!, "no frame is skipped");
  assert.deepEqual([info.cutShort, plan.segments[0]!.truncated], [undefined, undefined]);
  assert.equal(plan.expectedFrames, scan.packets);
});

test("parts of OpenDML follow each other, and the last may be cut", async () => {
  const part = (size: number, bytes: number): Buffer => {
    const riff = Buffer.alloc(8 + bytes, 7);
    riff.write("RIFF");
    riff.writeUInt32LE(size, 4);
    return riff;
  };
  const facts = (...parts: Buffer[]) =>
    readContainerFacts(bytesInMemory(Buffer.concat(parts)), "avi", { index: 0 });
  assert.deepEqual(await facts(part(100, 100), part(60, 60)), {});
  assert.deepEqual(await facts(part(101, 102), part(60, 60)), {});
  assert.deepEqual(await facts(part(100, 100), part(61, 60)), { cutShort: true });
  assert.deepEqual(await facts(part(0, 100)), {});
  assert.deepEqual(await facts(part(0xff_ff_ff_ff, 100)), {});
});

async function isEncrypted(path: string, how: RegExp): Promise<void> {
  await assert.rejects(probe(path), (error) => {
    assert.ok(error instanceof ProblemError && error.code === "source-unsupported", String(error));
    assert.match(error.message, how, path);
    return true;
  });
}

/** Writes a copy of a file in which something is replaced. */
async function patch(path: string, name: string, change: (bytes: Buffer) => Buffer | void) {
  const bytes = await readFile(path);
  return await clips.write(name, change(bytes) ?? bytes);
}

function replaceAll(bytes: Buffer, from: string | Buffer, to: string | Buffer): void {
  const [search, replacement] = [Buffer.from(from), Buffer.from(to)];
  assert.ok(bytes.includes(search), "nothing to replace");
  for (let at = bytes.indexOf(search); at >= 0; at = bytes.indexOf(search, at + 1)) {
    replacement.copy(bytes, at);
  }
}

const KEY =
  "-encryption_key 00112233445566778899aabbccddeeff -encryption_kid 00112233445566778899aabbccddeeff";

test("encrypted MP4 is refused, whatever its sample entry says", async () => {
  for (const [name, flags] of [
    ["plain", ""],
    ["fragmented", "-movflags frag_keyframe+empty_moov"],
  ] as const) {
    const args = `${VIDEO} ${H264} ${flags} -encryption_scheme cenc-aes-ctr ${KEY}`;
    const path = await clips.encode(`${name}.mp4`, args.replaceAll("  ", " "));
    await isEncrypted(path, /sample entry encv/);
    const disguised = await patch(path, `${name}-avc1.mp4`, (bytes) =>
      replaceAll(bytes, "encv", "avc1"),
    );
    await isEncrypted(disguised, /box tenc/);
    // Nothing but what lies beside the samples.
    const beside = await patch(disguised, `${name}-senc.mp4`, (bytes) =>
      replaceAll(bytes, "sinf", "free"),
    );
    await isEncrypted(beside, /box senc/);
  }
});

test("encryption of another track is no reason to refuse the video", async () => {
  const path = await clips.encode(
    "both.mp4",
    `${VIDEO} -f lavfi -i sine=d=2 ${H264} -c:a aac -encryption_scheme cenc-aes-ctr ${KEY}`,
  );
  const bytes = await readFile(path);
  const facts = (id: string) => readContainerFacts(bytesInMemory(bytes), "mp4", { index: 0, id });
  assert.match((await facts("0x1")).protection ?? "", /encv/);
  assert.match((await facts("0x2")).protection ?? "", /enca/);
  assert.equal((await facts("0x3")).protection, undefined);
});

test("encrypted ASF is refused", async () => {
  const path = await clips.encode("clear.wmv", `${VIDEO} -c:v wmv2`);
  const table: [string, string, RegExp][] = [
    ["content.wmv", "fbb3112223bdd211b4b700a0c955fc6e", /Content Encryption Object/],
    ["extended.wmv", "14e68a292226174cb935dae07ee9289c", /Extended Content Encryption Object/],
  ];
  for (const [name, guid, how] of table) {
    const locked = await patch(path, name, (bytes) => {
      // Four empty fields: data, type of protection, key and licence; the extended object reads the first.
      const object = Buffer.concat([Buffer.from(guid, "hex"), Buffer.alloc(8 + 4 * 5)]);
      object.writeBigUInt64LE(BigInt(object.length), 16);
      for (let field = 0; field < 4; field++) object.writeUInt32LE(1, 24 + field * 5);
      bytes.writeBigUInt64LE(bytes.readBigUInt64LE(16) + BigInt(object.length), 16);
      bytes.writeUInt32LE(bytes.readUInt32LE(24) + 1, 24);
      return Buffer.concat([bytes.subarray(0, 30), object, bytes.subarray(30)]);
    });
    await isEncrypted(locked, how);
  }
});

/** An element of Matroska: its id, a length of four bytes, its content. */
function element(id: string, ...content: Buffer[]): Buffer {
  const all = Buffer.concat(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(0x1000_0000 + all.length);
  return Buffer.concat([Buffer.from(id, "hex"), length, all]);
}

test("encrypted Matroska is refused, with and without a key's name", async () => {
  const path = await clips.encode("live.mkv", `${VIDEO} ${H264} -f matroska -live 1`);
  const algorithm = element("47e1", Buffer.from([5]));
  const keyId = element("47e2", Buffer.from("0123456789abcdef"));
  for (const [name, encryption] of [
    ["named", element("5035", algorithm, keyId)],
    ["nameless", element("5035", algorithm)],
  ] as const) {
    const encodings = element(
      "6d80",
      element(
        "6240",
        element("5031", Buffer.from([0])),
        element("5033", Buffer.from([1])),
        encryption,
      ),
    );
    const locked = await patch(path, `${name}.mkv`, (bytes) => {
      // Of a live writer nothing but the lengths of the tracks and the track depends on places in the file.
      const tracks = bytes.lastIndexOf(Buffer.from("1654ae6b", "hex"));
      const lengthBytes = (at: number): number => Math.clz32(bytes[at]!) - 23;
      const read = (at: number): number =>
        bytes.readUIntBE(at, Math.min(6, lengthBytes(at))) &
        (2 ** Math.min(31, 7 * lengthBytes(at)) - 1);
      const tracksStart = tracks + 4 + lengthBytes(tracks + 4);
      // A checksum of six bytes goes.
      const tracksBody = tracksStart + (bytes[tracksStart] === 0xbf ? 6 : 0);
      const sizeOf = (at: number): number =>
        lengthBytes(at) === 8 ? Number(bytes.readBigUInt64BE(at) & 0xff_ffff_ffff_ffffn) : read(at);
      assert.equal(bytes[tracksBody], 0xae);
      const entryBody = tracksBody + 1 + lengthBytes(tracksBody + 1);
      const entryEnd = entryBody + sizeOf(tracksBody + 1);
      const entry = element("ae", bytes.subarray(entryBody, entryEnd), encodings);
      const end = tracksStart + sizeOf(tracks + 4);
      return Buffer.concat([
        bytes.subarray(0, tracks),
        element("1654ae6b", entry, bytes.subarray(entryEnd, end)),
        bytes.subarray(end),
      ]);
    });
    await isEncrypted(locked, /Content(?:Encryption|EncodingType)/);
  }
});

test("scrambled television and DVDs are refused, clear ones are not", async () => {
  const ts = await clips.encode(
    "clear.ts",
    `${VIDEO} -f lavfi -i sine=d=2 -c:v mpeg2video -c:a mp2`,
  );
  const scramble = (wanted: number) => (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += 188) {
      if ((bytes.readUInt16BE(at + 1) & 0x1f_ff) === wanted) bytes[at + 3]! |= 0x80;
    }
  };
  await isEncrypted(await patch(ts, "scrambled.ts", scramble(0x100)), /scrambled packets/);
  assert.equal((await probe(await patch(ts, "sound.ts", scramble(0x101)))).codec, "mpeg2video");
  const vob = await clips.encode("clear.vob", `${VIDEO} -c:v mpeg2video -f vob`);
  const locked = await patch(vob, "locked.vob", (bytes) => {
    const start = Buffer.from([0, 0, 1, 0xe0]);
    for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1)) {
      bytes[at + 6]! |= 0x10;
    }
  });
  await isEncrypted(locked, /scrambled packets/);
});

test("encrypted FLV and MXF are refused", async () => {
  const flv = await clips.encode("clear.flv", `${VIDEO} ${H264}`);
  const filtered = await patch(flv, "filtered.flv", (bytes) => {
    for (let at = 13; at + 11 < bytes.length; at += 15 + bytes.readUIntBE(at + 1, 3)) {
      if (bytes[at] === 9) bytes[at]! |= 0x20;
    }
  });
  await isEncrypted(filtered, /filtered video tags/);
  const mxf = await clips.encode("clear.mxf", `${VIDEO} -c:v mpeg2video`);
  const triplet = await patch(mxf, "triplets.mxf", (bytes) => {
    const triplet = Buffer.from("060e2b34020401070d010301027e0100", "hex");
    return Buffer.concat([bytes, triplet, Buffer.from([0x83, 0, 0, 16]), Buffer.alloc(16)]);
  });
  await isEncrypted(triplet, /encrypted triplets/);
});

test("whatever bytes there are, reading the headers ends and throws nothing", async () => {
  const containers = ["mp4", "matroska", "avi", "asf", "flv", "mxf", "mpegts", "mpeg"];
  const starts = await Promise.all(
    [
      "plain.mp4",
      "live.mkv",
      "mpeg4.avi",
      "clear.wmv",
      "clear.flv",
      "clear.mxf",
      "clear.ts",
      "clear.vob",
    ].map(async (name) => await readFile(clips.file(name))),
  );
  for (const container of containers) {
    for (const start of starts) {
      for (const length of [0, 1, 7, 8, 12, 30, 100, 1000]) {
        for (const fill of [0, 0xff, 1]) {
          const bytes = Buffer.concat([start.subarray(0, length), Buffer.alloc(300, fill)]);
          await readContainerFacts(bytesInMemory(bytes), container, { index: 0, id: "0xe0" });
        }
      }
    }
  }
});
