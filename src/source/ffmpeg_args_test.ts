import assert from "node:assert/strict";
import { sourceConfig } from "../../tests/support/with_source.ts";
import type { SourceConfig } from "./settings.ts";
import { parseAddress } from "./address.ts";
import { ffmpegArgs, isLive } from "./ffmpeg_args.ts";

const base: SourceConfig = { url: "rtsp://cam/live", ...sourceConfig };

function argsFor(config: Partial<SourceConfig>, tapSocket: string | null = null): string {
  const full = { ...base, ...config };
  const format = { width: 300, height: 200, pixelFormat: "bgr24", fit: "stretch" } as const;
  const branches = [{ format, socket: "/f" }];
  return ffmpegArgs({ address: parseAddress(full.url), config: full, branches, tapSocket }).join(
    " ",
  );
}

const table: [what: string, config: Partial<SourceConfig>, has: string[], hasNot: string[]][] = [
  ["RTSP over TCP", {}, [
    "-debug_ts -threads 1",
    "-allowed_media_types video -rtsp_transport tcp -timeout 12000000 -i rtsp://cam/live",
    "-threads 1 -flush_packets 1 -f rawvideo unix:/f",
  ], ["-re", "listen", "nut"]],
  ["RTSP over UDP", { rtspTransport: "udp" }, ["-rtsp_transport udp", "-buffer_size"], []],
  [
    "a camera that pushes",
    { rtspListen: true },
    ["-rtsp_flags listen -listen_timeout 2147483 -i"],
    [
      "-timeout",
      "-rtsp_transport",
    ],
  ],
  ["HTTP", { url: "http://cam/x" }, ["-rw_timeout 12000000 -multiple_requests 1 -i http://cam/x"], [
    "rtsp",
  ]],
  ["a device", { url: "/dev/video0" }, ["-f v4l2 -i /dev/video0"], ["-rw_timeout"]],
  ["a file", { url: "a.mp4" }, ["-i file:a.mp4"], ["-re", "-debug_ts", "select"]],
  ["key frames", { decode: "keyframes" }, ["-skip_frame nokey -fpsprobesize"], ["-hwaccel"]],
  ["hardware", { hwaccel: "vaapi", url: "a.mp4" }, ["-hwaccel vaapi -i file:a.mp4"], ["nokey"]],
  ["a region", { region: { x: 0.1, y: 0.2, width: 0.5, height: 0.25 }, fps: 5 }, [
    "*5,0,1.5),1.5));if(gte(ld(0),1),st(0,ld(0)-1)*0+1,0)',crop@region=" +
    "w='max(2,floor(iw*0.5/2)*2)':h='max(2,floor(ih*0.25/2)*2)':" +
    "x='floor(iw*0.1/2)*2':y='floor(ih*0.2/2)*2',scale@",
  ], []],
  ["a paced file", { url: "a.mp4", fps: 5 }, ["-re -i file:a.mp4", "*5,0,1.5"], ["time(0)"]],
  ["a limited camera", { fps: 5 }, ["*5,0,1.5", "time(0)"], ["-re"]],
];

for (const [what, config, has, hasNot] of table) {
  Deno.test(`ffmpegArgs() for ${what}`, () => {
    const args = argsFor(config);
    for (const part of has) assert.ok(args.includes(part), `${part} is not in ${args}`);
    for (const part of hasNot) assert.ok(!args.includes(part), `${part} is in ${args}`);
  });
}

Deno.test("ffmpegArgs() copies the packets only when they are wanted", () => {
  assert.match(argsFor({}, "/tmp/x/tap"), /-c copy .*-f nut .*unix:\/tmp\/x\/tap$/);
});

Deno.test("ffmpegArgs() makes tiny pictures for motion from the same decode, behind limit and region", () => {
  const config = { ...base, fps: 5, region: { x: 0, y: 0, width: 1, height: 0.5 } };
  const format = { pixelFormat: "gray", fit: "stretch" } as const;
  const address = parseAddress(base.url);
  const branches = [{ format, socket: null }];
  const task = { address, config, branches, tapSocket: null, motionSocket: "/m" };
  const args = ffmpegArgs(task).join(" ");
  assert.match(args, /-map \[out0\] .* -f rawvideo pipe:1 /);
  assert.match(args, /0:V:0\]select=[^[]*,crop@region=[^[]*,split=2\[in0\]\[in1\];/);
  assert.match(
    args,
    /\[in1\]scale=256:144:flags=neighbor,format=gray,scale=64:36:flags=area\[out1\]/,
  );
  assert.match(args, /-map \[out1\] .* -f rawvideo unix:\/m$/);
});

Deno.test("isLive() is false for a file as fast as it can be read", () => {
  assert.equal(isLive(parseAddress("a.mp4"), base), false);
  assert.equal(isLive(parseAddress("a.mp4"), { ...base, fps: 5 }), true);
  assert.equal(isLive(parseAddress("rtsp://cam"), base), true);
});

const more: typeof table = [
  [
    "RTSP over TLS, whatever transport is wished",
    {
      ...{ url: "rtsps://cam/x", rtspTransport: "udp" },
    },
    ["-probesize 32 -allowed_media_types video -rtsp_transport tcp -timeout 12000000 -i"],
    [
      "-buffer_size",
    ],
  ],
  ["RTSP over TLS by HTTP", { url: "rtsps://cam/x", rtspTransport: "http" }, [
    "-rtsp_transport http -timeout",
  ], []],
  ["RTMP", { url: "rtmp://cam/x" }, ["-analyzeduration 1 -rw_timeout 12000000 -i rtmp://cam/x"], [
    ...["-listen", "-probesize"],
  ]],
  ["RTMP that is pushed", { url: "rtmp://h/x", rtspListen: true }, [
    "-listen 1 -timeout 2147483 -i",
  ], ["-rw_timeout"]],
  ["SRT", { url: "srt://cam:9" }, ["-rw_timeout 12000000 -i srt://cam:9"], ["-mode"]],
  ["SRT that is pushed", { url: "srt://h:9", rtspListen: true }, ["-mode listener -i"], [
    "-rw_timeout",
  ]],
  ["UDP", { url: "udp://239.0.0.1:9" }, [
    "-timeout 12000000 -buffer_size 2097152 -overrun_nonfatal 1 -i udp://239.0.0.1:9",
  ], []],
  ["an SDP file", { url: "cam.sdp" }, [
    "-debug_ts",
    "-probesize 32 -protocol_whitelist file,crypto,data,rtp,udp -allowed_media_types video -buffer_size 2097152 -i",
  ], ["-timeout"]],
  ["another patience", { stallTimeoutMs: 500 }, ["-timeout 2500000"], []],
];
for (const [what, config, has, hasNot] of more) {
  Deno.test(`ffmpegArgs() for ${what}`, () => {
    const args = argsFor(config);
    for (const part of has) assert.ok(args.includes(part), `${part} is not in ${args}`);
    for (const part of hasNot) assert.ok(!args.includes(part), `${part} is in ${args}`);
  });
}

Deno.test("ffmpegArgs() reads the camera through a relay, or from a list that hides its URL", () => {
  const format = { width: 300, height: 200, pixelFormat: "jpeg", fit: "stretch" } as const;
  const address = parseAddress(base.url);
  const branches = [{ format, socket: null }];
  const task = { address, config: base, branches, tapSocket: null };
  const through = ffmpegArgs({ ...task, through: "rtsp://127.0.0.1:9/x" }).join(" ");
  assert.match(through, / -i rtsp:\/\/127\.0\.0\.1:9\/x /);
  assert.match(through, /-c:v mjpeg -q:v 3 -f mpjpeg pipe:1$/);
  const listed = ffmpegArgs({ ...task, inputList: "/l/input" }).join(" ");
  assert.match(listed, /-probesize 32 -protocol_whitelist .* -i file:\/l\/input /);
  assert.ok(!listed.includes("rtsp://cam"));
  const http = { ...task, address: parseAddress("http://cam/x"), inputList: "/l/input" };
  assert.ok(!ffmpegArgs(http).includes("-probesize"));
  const file = { ...task, address: parseAddress("a.mp4"), config: { ...base, fps: 5 } };
  assert.match(ffmpegArgs({ ...file, pace: ["-readrate", "2"] }).join(" "), /-readrate 2 -i file/);
});

Deno.test("ffmpegArgs() writes a full-size picture before the frame that leads to it", () => {
  const format = { width: 300, height: 200, pixelFormat: "bgr24", fit: "stretch" } as const;
  const address = parseAddress(base.url);
  const branches = [{ format, socket: "/a" }, { format, socket: "/b" }];
  const args = ffmpegArgs({
    ...{ address, config: base, branches, tapSocket: null },
    fullPictures: "/f/%d",
  });
  const graph = args[args.indexOf("-filter_complex") + 1]!;
  assert.match(graph, /split=3\[in0\]\[in1\]\[in2\];\[in0\]format=yuv420p\[out0\];\[in1\]/);
  assert.deepEqual(args.filter((_, at) => args[at - 1] === "-map"), ["[out0]", "[out1]", "[out2]"]);
  const [full, first, second] = ["/f/%d", "unix:/a", "unix:/b"].map((place) => args.indexOf(place));
  assert.ok(full! < first! && first! < second!, args.join(" "));
  const { tapSocket: _, ...one } = {
    address,
    config: base,
    branches: branches.slice(0, 1),
    tapSocket: null,
  };
  const single = ffmpegArgs({ ...one, tapSocket: null });
  assert.deepEqual(single.slice(single.indexOf("-map"), single.indexOf("-map") + 3), [
    ...["-map", "0:V:0", "-filter:v"],
  ]);
});

Deno.test("ffmpegArgs() takes the sound as well where clips want it", () => {
  const silent = argsFor({}, "/tap");
  const sounding = argsFor({ clipAudio: true }, "/tap");
  const sound = ["-allowed_media_types video+audio", "-map 0:a:0? -max_interleave_delta 1"];
  for (const part of [...sound, "-fpsprobesize 0 -analyzeduration 1000000"]) {
    assert.deepEqual([sounding.includes(part), silent.includes(part)], [true, false], part);
  }
  assert.ok(silent.includes("-output_ts_offset 10 unix:/tap"));
});

Deno.test("ffmpegArgs() looks for the size until a key frame comes, and no longer than a stall may last", () => {
  const format = { pixelFormat: "gray", fit: "stretch" } as const;
  const task = { address: parseAddress(base.url), branches: [{ format, socket: null }] };
  for (const [stallTimeoutMs, us] of [[10_000, 5_000_000], [9_998, 4_999_000]]) {
    const config = { ...base, stallTimeoutMs: stallTimeoutMs!, clipAudio: true };
    const args = ffmpegArgs({ ...task, config, tapSocket: null, sizeProbe: "long" }).join(" ");
    assert.ok(args.includes(`-fpsprobesize 0 -analyzeduration ${us} -allowed`), args);
  }
  const short = ffmpegArgs({ ...task, config: base, tapSocket: null, sizeProbe: "none" });
  assert.ok(short.join(" ").includes("-analyzeduration 1 -probesize 32"));
});
