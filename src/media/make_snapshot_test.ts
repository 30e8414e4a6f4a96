import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { greyPictures } from "../../tests/support/grey_pictures.ts";
import { concatBytes } from "../concat_bytes.ts";
import { ticksOf } from "../frame/nut_muxer.ts";
import type { CameraPacket, CodecParameters } from "../frame/camera_packet.ts";
import { noGuard } from "../process_guard.ts";
import { tapOffsetMs } from "../source/ffmpeg_args.ts";
import { TapReader } from "../source/tap_reader.ts";
import {
  makeDrawnSnapshot,
  makeSnapshots,
  packetsFor,
  parseMultipart,
  parsePam,
  runFfmpeg,
} from "./make_snapshot.ts";
import { PacketRing, type PictureGroup } from "./packet_ring.ts";

const [pictures, groupSize] = [18, 9];
/** How bright each picture is, and when. */
const greyOf = (index: number) => 30 + 10 * index;
const msOf = (index: number) => 40 * index;

/** Pictures that are each brighter than the last, with B-frames also before a key frame. */
async function camera(): Promise<readonly PictureGroup[]> {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-f", "lavfi", "-i", `nullsrc=s=64x48:r=25:d=${pictures / 25}`],
      ...["-filter:v", `format=gray,geq=lum='30+10*N',format=yuvj420p`, "-c:v", "libx264"],
      ...["-preset", "ultrafast", "-threads", "1", "-bf", "2", "-g", String(groupSize)],
      ...["-x264-params", "open-gop=1:b-adapt=0:keyint=9:min-keyint=9:scenecut=0"],
      ...["-f", "nut", "-write_index", "0", "-output_ts_offset", `${tapOffsetMs / 1000}`, "pipe:1"],
    ],
  }).output();
  const ring = new PacketRing(() => ({ seconds: 60, bytes: 1e6 }), () => {});
  ring.begin();
  new TapReader({
    begin: () => {},
    describe: (parameters) => ring.describe(parameters),
    write: (packet) => ring.push(packet),
  }, "h264").push(stdout);
  return ring.groups;
}

const groups = await camera();
const request = {
  ...{ groups, display: null, guard: noGuard, memoryMb: 512 },
  signal: new AbortController().signal,
};

const meanOf = (data: Uint8Array) => data.reduce((sum, value) => sum + value, 0) / data.length;

/** What number the pictures have that some JPEGs show. */
async function numbersOf(jpegs: readonly Uint8Array[]): Promise<number[]> {
  const shown = await greyPictures(concatBytes(jpegs));
  return shown.map(({ data }) => Math.round((meanOf(data) - greyOf(0)) / 10));
}

Deno.test("makeSnapshots() makes the very pictures that are asked for, in the order they are", async () => {
  ok(groups.length >= 2);
  const asked = [7, 2, 0, 2, 8, 5];
  const jpegs = await makeSnapshots(request, asked.map(msOf));
  deepEqual(await numbersOf(jpegs), asked);
});

Deno.test("makeSnapshots() finds each picture of a group, whether or not it is sent behind the next", async () => {
  const [first, second] = groups;
  const behind = second!.packets.filter(({ ptsMs }) => ptsMs < second!.startMs);
  ok(behind.length > 0);
  const all = [...first!.packets, ...behind].map(({ ptsMs }) => ptsMs);
  deepEqual(await numbersOf(await makeSnapshots(request, all)), all.map((ms) => ms / 40));
});

Deno.test("makeSnapshots() says so when it has no packets of a picture, or ffmpeg can make none of them", async () => {
  await rejects(makeSnapshots(request, [0, msOf(pictures)]), {
    message: "Cannot make a picture: its packets are not kept",
  });
  const [group] = groups;
  const [key, ...others] = group!.packets;
  const damaged = others.map((packet) => ({ ...packet, data: packet.data.slice(0, 5) }));
  const broken = [{ ...group!, packets: [key!, ...damaged] }];
  await rejects(makeSnapshots({ ...request, groups: broken }, [0, msOf(6)]), {
    message: "Cannot make a picture: ffmpeg gave 1 of 2 of its group",
  });
});

Deno.test("makeDrawnSnapshot() keeps what was drawn into the very picture", async () => {
  const drawn: number[] = [];
  const jpeg = await makeDrawnSnapshot(request, msOf(4), ({ data, width, height }) => {
    deepEqual([width, height], [64, 48]);
    drawn.push(Math.round((data[0]! - greyOf(0)) / 10));
    data.fill(255);
    return Promise.resolve();
  });
  deepEqual(drawn, [4]);
  const [picture] = await greyPictures(jpeg);
  ok(meanOf(picture!.data) > 250);
});

const parameters: CodecParameters = {
  video: { codec: "h264", fourcc: "H264", width: 64, height: 48, extradata: new Uint8Array() },
  audio: null,
};

function groupOf(...times: readonly (number | CameraPacket)[]): PictureGroup {
  const packets = times.map((time): CameraPacket =>
    typeof time !== "number" ? time : {
      ...{ kind: "video", data: new Uint8Array(), keyframe: false, ptsMs: time, capturedAtMs: 0 },
    }
  );
  return {
    ...{ run: 1, parameters, startMs: packets[0]!.ptsMs, arrivedAtMs: 0 },
    packets,
    bytes: 0,
  };
}

Deno.test("packetsFor() feeds what leads to the last of the pictures, and no more", () => {
  const sound: CameraPacket = {
    ...{ kind: "audio", data: new Uint8Array(), keyframe: true, ptsMs: 60, capturedAtMs: 0 },
  };
  const groups = [groupOf(0, sound, 120, 40, 80), groupOf(240, 160, 200), groupOf(400, 280)];
  const fed = (...ptsMs: number[]) => {
    const { packets, ticks, ordered } = packetsFor(groups, ptsMs);
    deepEqual(
      ticks.map((tick) => ordered.indexOf(tick)),
      ticks.map((tick) => {
        return ticks.filter((other, index) => other < tick && ticks.indexOf(other) === index)
          .length;
      }),
    );
    return [packets.map(({ ptsMs }) => ptsMs), ticks.map((tick) => (tick - ticksOf(0)) / 90)];
  };
  deepEqual(fed(0), [[0], [0]]);
  deepEqual(fed(80, 120), [[0, 120, 40, 80], [80, 120]]);
  deepEqual(fed(200, 40, 200), [[0, 120, 40, 80, 240, 160, 200], [200, 40, 200]]);
  // The very picture, or the first one after it: time stamps were rounded in other ways.
  deepEqual(fed(120.5, 120.6, 41), [[0, 120, 40, 80, 240, 160], [120, 160, 80]]);
  // What is in the third group is shown after the first one in any case.
  throws(() => packetsFor(groups, [280]), { message: /its packets are not kept/ });
});

const from = "-v error -f lavfi -i";
/** An ffmpeg that is given something. */
function run(args: string, more: Partial<Parameters<typeof runFfmpeg>[2]> = {}) {
  return runFfmpeg(args.split(" "), [], { ...request, ...more });
}

Deno.test("runFfmpeg() gives what ffmpeg writes, or tells what it complains of", async () => {
  const raw = `${from} color=s=16x16 -frames:v 1 -f rawvideo -pix_fmt gray pipe:1`;
  equal((await run(raw)).length, 256);
  await rejects(run(`${from} no_such_filter -f null -`), {
    message: /^Cannot make a picture: (?!ffmpeg gave).*\w/,
  });
  const nothing = `${from} color=s=16x16 -frames:v 1 -f null -`;
  await rejects(run(nothing), { message: "Cannot make a picture: ffmpeg gave none (code 0)" });
  equal((await run(nothing, { isSilent: true })).length, 0);
  // Of a clip that was not finished something was written all the same.
  const unfinished = `${raw} -map 0:9 -f null -`;
  await rejects(run(unfinished, { isSilent: true }), { message: /^Cannot make a clip: / });
});

Deno.test("runFfmpeg() ends one that takes too long, or is not wanted any more", async () => {
  const endless = "-v error -re -f lavfi -i color=s=16x16:r=1 -f null -";
  await rejects(run(endless, { isSilent: true, patienceMs: 50 }), /Cannot make a clip/);
  const giveUp = new AbortController();
  const running = run(endless, { isSilent: true, signal: giveUp.signal });
  giveUp.abort();
  await rejects(running, /Cannot make a clip/);
});

Deno.test("runFfmpeg() feeds no more than ffmpeg takes", async () => {
  async function* pixels() {
    for (;;) {
      yield new Uint8Array(65_536).fill(9);
      await Promise.resolve();
    }
  }
  const args =
    "-v error -f rawvideo -pix_fmt gray -s 16x16 -i pipe:0 -frames:v 1 -f rawvideo pipe:1";
  const output = await runFfmpeg(args.split(" "), pixels(), request);
  deepEqual(output, new Uint8Array(256).fill(9));
});

Deno.test("parseMultipart() finds files of any content by their lengths, and leaves out what is cut off", () => {
  const part = (body: string, length = body.length) =>
    `--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: ${length}\r\n\r\n${body}\r\n`;
  const text = part("one") + part("--ffmpeg\r\n\r\n") + part("") + part("short", 90);
  const files = parseMultipart(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  const decoder = new TextDecoder();
  deepEqual(files.map((file) => decoder.decode(file)), ["one", "--ffmpeg\r\n\r\n", ""]);
  deepEqual(parseMultipart(new TextEncoder().encode("no such thing")), []);
  const whole = new TextEncoder().encode(part("last").trimEnd());
  deepEqual(parseMultipart(whole).map((file) => decoder.decode(file)), ["last"]);
});

Deno.test("parsePam() gives the pixels behind their head, and takes nothing else for a picture", () => {
  const pam = (width: number, height: number, pixels: number, depth = 4) =>
    Uint8Array.from([
      ...new TextEncoder().encode(
        `P7\nWIDTH ${width}\nHEIGHT ${height}\nDEPTH ${depth}\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n`,
      ),
      ...new Uint8Array(pixels).map((_, index) => index),
    ]);
  const { width, height, data } = parsePam(pam(3, 2, 24));
  deepEqual([width, height, [...data]], [3, 2, Array.from({ length: 24 }, (_, index) => index)]);
  for (const wrong of [pam(3, 2, 23), pam(3, 2, 25), pam(3, 2, 24, 3), new Uint8Array()]) {
    throws(() => parsePam(wrong), { message: "Cannot draw: ffmpeg gave no pixels" });
  }
});
