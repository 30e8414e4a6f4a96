import { deepEqual, equal } from "node:assert/strict";
import type { CameraPacket } from "../frame/camera_packet.ts";
import { type ClipNote, ClipSpool, groupsOf, unfinishedClips } from "./clip_spool.ts";
import type { PictureGroup } from "./packet_ring.ts";

async function withSpool(use: (spool: ClipSpool, folder: string) => Promise<void>) {
  const directory = await Deno.makeTempDir();
  try {
    await use(new ClipSpool(`${directory}/spool/a`), `${directory}/spool/a`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const packet = (ptsMs: number, kind: CameraPacket["kind"] = "video", keyframe = false) => ({
  ...{ kind, ptsMs, keyframe, capturedAtMs: 0 },
  data: new Uint8Array(200).fill(ptsMs / 40),
});

function groupAt(startMs: number): PictureGroup & { readonly packets: CameraPacket[] } {
  const extradata = Uint8Array.of(0, 0, 0, 1, 103);
  return {
    ...{ run: 2, startMs, arrivedAtMs: 0, bytes: 0 },
    packets: [packet(startMs, "video", true)],
    parameters: {
      video: { codec: "h264", fourcc: "H264", width: 64, height: 48, extradata },
      audio: {
        ...{ codec: "pcm_alaw", fourcc: "ALAW", sampleRate: 8000, channels: 1 },
        extradata: new Uint8Array(0),
      },
    },
  };
}

const frame = (stampMs: number) => ({ stampMs, boxes: [] });
const boxesOf = async (folder: string) =>
  await Promise.all((await groupsOf(folder)).map((group) => group.frames()));

Deno.test("ClipSpool writes groups while they grow, so that another process has all but the last packet", async () => {
  await withSpool(async (spool, folder) => {
    const group = groupAt(400);
    const written = spool.write(group, Infinity, { yard: [frame(400)] });
    group.packets.push(packet(480), packet(440), packet(410, "audio"));
    spool.write(group, Infinity, { yard: [frame(400), frame(440)], street: [frame(440)] });
    spool.write(group, 520, { yard: [frame(400), frame(440)] });
    await spool.settle();
    const check = async (pictures: readonly number[], sounds: readonly number[]) => {
      const [found, ...others] = await groupsOf(folder);
      equal(others.length, 0);
      deepEqual(found!.parameters, {
        video: { ...group.parameters.video, ...streamOf("video") },
        audio: { ...group.parameters.audio, ...streamOf("audio") },
      });
      deepEqual([found!.run, found!.startMs, [...found!.pictures]], [2, 400, pictures]);
      const packets = await found!.packets();
      for (const { kind, ptsMs, data, keyframe } of packets) {
        deepEqual(data, packet(ptsMs).data);
        equal(keyframe, ptsMs === 400 || kind === "audio" && keyframe);
      }
      deepEqual(packets.filter(({ kind }) => kind === "audio").map(({ ptsMs }) => ptsMs), sounds);
    };
    await check([400, 480, 440], [410]);
    deepEqual(await boxesOf(folder), [{
      yard: [frame(400), frame(440)],
      street: [frame(440)],
    }]);
    deepEqual((await written.packets()).map(({ ptsMs }) => ptsMs), [400, 480, 440, 410]);
    // What a kill may leave.
    const { size } = await Deno.stat(`${folder}/0.nut`);
    await Deno.truncate(`${folder}/0.nut`, size - 250);
    const lines = await Deno.readTextFile(`${folder}/0.jsonl`);
    await Deno.writeTextFile(`${folder}/0.jsonl`, lines.slice(0, -9));
    await check([400, 480], []);
    deepEqual(await boxesOf(folder), [{ yard: [frame(400), frame(440)] }]);
    await Deno.writeTextFile(`${folder}/1.jsonl`, "");
    equal((await groupsOf(folder)).length, 1, "of one that has not begun there is nothing");
  });
});

/** What the container says of a stream besides. */
function streamOf(kind: "video" | "audio") {
  const [width, height] = kind === "video" ? [64, 48] : [0, 0];
  const [sampleRate, channels] = kind === "audio" ? [8000, 1] : [0, 0];
  return { kind, msPerTick: 1 / 90, width, height, sampleRate, channels };
}

Deno.test("ClipSpool gives what left memory in its order, and removes what no clip wants", async () => {
  await withSpool(async (spool, folder) => {
    const [first, second] = [groupAt(0), groupAt(400)];
    const nothing = { frames: {}, notes: [] };
    spool.leave(second, 800, nothing);
    spool.write(first, 400, {});
    deepEqual(spool.left.map(({ startMs }) => startMs), [400]);
    spool.leave(first, 400, nothing);
    deepEqual(spool.left.map(({ startMs }) => startMs), [0, 400]);
    await spool.settle();
    deepEqual((await groupsOf(folder)).map(({ startMs }) => startMs), [0, 400]);
    spool.keep(({ endMs }) => endMs > 400);
    deepEqual([spool.has(first), spool.has(second)], [false, true]);
    await spool.settle();
    deepEqual((await groupsOf(folder)).map(({ startMs }) => startMs), [400]);
    // A later clip wants it again.
    spool.leave(first, 400, nothing);
    await spool.settle();
    deepEqual((await spool.left[0]!.packets()).map(({ ptsMs }) => ptsMs), [0]);
    spool.keep(() => false);
    deepEqual(spool.left, []);
    await Deno.remove(folder, { recursive: true });
    spool.leave(groupAt(800), 900, nothing);
    await spool.settle();
    equal((await groupsOf(folder)).length, 1, "the folder is made again");
  });
});

Deno.test("ClipSpool notes which clips go on, as they are last, until they do no more", async () => {
  await withSpool(async (spool, folder) => {
    deepEqual(await unfinishedClips(folder), []);
    const note: ClipNote = {
      ...{ ids: ["a"], stream: "yard", run: 2, fromMs: 100, endMs: 900, atMs: 5, display: null },
    };
    spool.note(0, note);
    spool.note(1, { ...note, ids: ["b"] });
    spool.note(0, { ...note, ids: ["a", "c"], endMs: 600 });
    spool.note(1, null);
    await spool.settle();
    await Deno.writeTextFile(`${folder}/clip7.json`, '{"ids":');
    await Deno.writeTextFile(`${folder}/clip8.json.part`, JSON.stringify(note));
    deepEqual(await unfinishedClips(folder), [
      { path: `${folder}/clip0.json`, note: { ...note, ids: ["a", "c"], endMs: 600 } },
    ]);
    const modes = await Promise.all(
      ["", "/clip0.json"].map(async (name) => (await Deno.stat(folder + name)).mode! & 0o777),
    );
    deepEqual(modes, [0o700, 0o600]);
  });
});

Deno.test("unfinishedClips() leaves out what is no note, and files that are no spool", async () => {
  await withSpool(async (spool, folder) => {
    const note: ClipNote = {
      ...{ ids: ["a"], stream: "yard", run: 1, fromMs: 0, endMs: 9, atMs: 5 },
      display: { turn: 90, flipped: false, pixelRatio: null },
    };
    spool.note(0, note);
    await spool.settle();
    const damaged = ["null", "{}", JSON.stringify({ ...note, ids: "a" }), "[1]", '{"ids"', "\0\0"];
    for (const [index, text] of damaged.entries()) {
      await Deno.writeTextFile(`${folder}/clip${index + 1}.json`, text);
    }
    deepEqual(await unfinishedClips(folder), [{ path: `${folder}/clip0.json`, note }]);
    deepEqual(await unfinishedClips(`${folder}/clip0.json`), []);
  });
});
