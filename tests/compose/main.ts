// npm run check:compose: builds the images, starts the stack of docker-compose.yml and breaks it. Needs a Docker
// engine with Compose 2.24 and, to end processes from outside, the rights of root on its host.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { openTempFolder, runCommand, sweepTempFolders } from "@framequeue/lifetime";
import { freePort } from "@framequeue/service/testing";
import {
  createScene,
  h264OutputArguments,
  rawInputArguments,
  sceneFrames,
} from "@framequeue/synth";
import { Client } from "./client.ts";
import { type Container, Stack } from "./engine.ts";

const started = performance.now();
const say = (text: string): void => {
  const seconds = ((performance.now() - started) / 1_000).toFixed(0).padStart(4);
  process.stdout.write(`${seconds} s  ${text}\n`);
};

/** A street of 20 s that the bundled detector knows what to make of. */
async function writeStreet(path: string): Promise<void> {
  const scene = createScene({ seed: 4, seconds: 20 });
  const args = [...rawInputArguments(scene), ...h264OutputArguments(scene, path)];
  const ffmpeg = spawn("ffmpeg", ["-v", "error", ...args], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = once(ffmpeg, "exit");
  await pipeline(sceneFrames(scene), ffmpeg.stdin);
  assert.deepEqual(await ended, [0, null]);
}

/** Ends what runs in a container as a crash does; its restart policy brings it back. */
async function crash(stack: Stack, service: string): Promise<void> {
  const [{ pid, id, restarts }] = (await stack.containers(service)) as [Container];
  process.kill(pid, "SIGKILL");
  await stack.until(`${service} is started again`, async () => {
    const again = (await stack.containers(service)).find((each) => each.id === id);
    return again !== undefined && again.restarts > restarts;
  });
}

/** Gives decode less memory than it needs until the kernel has taken a process of it away. */
async function runOutOfMemory(stack: Stack): Promise<void> {
  const [{ id }] = (await stack.containers("decode")) as [Container];
  const kills = async (): Promise<number> => {
    const [{ State: state, RestartCount: restarts }] = JSON.parse(
      await stack.docker("inspect", id),
    );
    return restarts + (state.OOMKilled ? 1 : 0);
  };
  const before = await kills();
  await stack.docker("update", "--memory", "140m", "--memory-swap", "140m", id);
  await stack.until("decode runs out of memory", async () => (await kills()) > before);
  // While it is stopped between two starts it takes no new limit.
  await stack.until("decode has its memory back", () =>
    stack.docker("update", "--memory", "3g", "--memory-swap", "3g", id).then(
      () => true,
      () => false,
    ),
  );
}

/** Every step, one after the other; throws at the first that is wrong. */
async function check(signal: AbortSignal): Promise<number> {
  await sweepTempFolders();
  await using folder = await openTempFolder("compose");
  const video = join(folder.path, "street.mp4");
  await writeStreet(video);
  {
    await using stack = new Stack(await freePort(), signal);
    await stack.up();
    say("the stack is up and healthy");
    const key = await stack.compose("exec", "-T", "api", "cat", "/secrets/api-keys");
    const client = new Client(stack, key);

    const right = await client.outcome(await client.submit(video));
    assert.match(right, /^succeeded /);
    say(`a job by the published port: ${right}`);

    await stack.up("infer=2");
    const jobs = await Promise.all(Array.from({ length: 4 }, () => client.submit(video)));
    for (const job of jobs) assert.equal(await client.outcome(job), right);
    const shares = await Promise.all(
      (await stack.containers("infer")).map((each) => stack.metric(each, "fq_frames_total")),
    );
    assert.equal(shares.length, 2);
    assert.ok(
      shares.every((frames) => frames > 0),
      `one got nothing: ${shares.join()}`,
    );
    say(`--scale infer=2: four jobs right, shared ${shares.join(" and ")} frames`);

    for (const service of ["infer", "decode", "track", "ingest", "index", "api"]) {
      const job = await client.submit(video);
      await client.untilInferred(job, 40);
      await crash(stack, service);
      await stack.healthy("api");
      assert.equal(await client.outcome(job), right);
      say(`${service} crashed in the middle of a job: right`);
    }

    const cut = await client.submit(video);
    await client.untilInferred(cut, 40);
    const [lonely] = (await stack.containers("infer")) as [Container];
    await stack.docker("network", "disconnect", stack.network("inside"), lonely.id);
    await client.untilInferred(cut, 300);
    await stack.docker(
      "network",
      "connect",
      "--alias",
      "infer",
      stack.network("inside"),
      lonely.id,
    );
    assert.equal(await client.outcome(cut), right);
    await stack.healthy("infer");
    say("an infer container was cut off the network and came back: right");

    const hungry = await client.submit(video);
    await client.untilInferred(hungry, 40);
    await runOutOfMemory(stack);
    assert.equal(await client.outcome(hungry), right);
    say("decode ran out of memory: right");

    const before = await stack.volumes();
    await stack.down();
    await stack.up();
    assert.deepEqual(await stack.volumes(), before);
    assert.equal(await client.outcome(hungry), right);
    say(`down and up: the ${before.named} volumes that there were, and what they hold`);

    const redis = await client.submit(video);
    await client.untilInferred(redis, 40);
    await crash(stack, "redis");
    assert.equal(await client.outcome(redis), right);
    say("redis crashed: right");
  }
  say("everything is down again");
  return 0;
}

await runCommand(({ signal }) => check(signal), { stopped: () => new Error("Stopped.") });
