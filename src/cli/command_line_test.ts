import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { sinkKinds } from "../config/settings.ts";
import { allowedOf } from "../settings/kinds.ts";
import { readCommandLine } from "./command_line.ts";

const sinksAllowed = allowedOf(sinkKinds);

/** Enough of a right command line for the flag under test to be the only one at fault. */
const rightFlags = [
  "--stream_url",
  "rtsp://camera/live",
  "--ovms_url",
  "ovms:9000",
  "--model_name",
  "m",
];
const streamFlags = ["--stream_url", "rtsp://camera/live"];
const serverFlags = ["--ovms_url", "ovms:9000", "--model_name", "m"];

const file = fileURLToPath(import.meta.url);

interface Case {
  name: string;
  args: string[];
  /** Exactly what stands on stderr; `FILE` is a file that exists. */
  lines: string[];
}

const flagCases: Case[] = [
  {
    name: "nothing at all",
    args: [],
    lines: [
      "--stream_url: missing, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device",
      "--ovms_url: missing, give one of --ovms_url (the model server's HOST:PORT), --model_path (an ONNX file), --no_model",
    ],
  },
  {
    name: "an unknown flag close to a known one, its value not mistaken for a stray word",
    args: [...rightFlags, "--visualiser_port", "5000"],
    lines: ["--visualiser_port: unknown flag, did you mean --visualizer_port?"],
  },
  {
    name: "an unknown flag with =, followed by a stray word",
    args: [...rightFlags, "--bufer-size=3", "4"],
    lines: ["--bufer_size: unknown flag, did you mean --buffer_size?", "4: belongs to no flag"],
  },
  {
    name: "the beginning of a flag",
    args: [...rightFlags, "--visualizer", "5000"],
    lines: ["--visualizer: unknown flag, did you mean --visualizer_port?"],
  },
  {
    name: "an unknown flag like no other",
    args: [...rightFlags, "--zyxwvut"],
    lines: ["--zyxwvut: unknown flag, see --help"],
  },
  {
    name: "an unknown short flag",
    args: [...rightFlags, "-x"],
    lines: ["-x: unknown flag, see --help"],
  },
  {
    name: "stray words, before flags and after --",
    args: ["stray", ...rightFlags, "--", "--fps"],
    lines: ["stray: belongs to no flag", "--fps: belongs to no flag"],
  },
  {
    name: "values that are missing",
    args: [
      "--stream_url",
      "--ovms_url",
      "ovms:9000",
      "--model_name",
      "--use_case_options",
      "--sink",
    ],
    lines: [
      "--use_case_options: has no value, must be JSON",
      "--stream_url: has no value, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device",
      `--sink: has no value, must be ${sinksAllowed}`,
      "--model_name: has no value, must be the name of a model on the server",
    ],
  },
  {
    name: "a switch with a value",
    args: [...rightFlags, "--binary_input=yes"],
    lines: ["--binary_input: takes no value, it is on when it is there"],
  },
];

const valueCases: Case[] = [
  ["--fps", "abc", "must be a number from 0.01 to 1000"],
  ["--fps", "0", "must be a number from 0.01 to 1000"],
  ["--fps", "99999999999999999999", "must be a number from 0.01 to 1000"],
  ["--fps", "-5", "must be a number from 0.01 to 1000"],
  ["--fps", "1e2", "must be a number from 0.01 to 1000"],
  ["--fps", "0x10", "must be a number from 0.01 to 1000"],
  ["--fps", "Infinity", "must be a number from 0.01 to 1000"],
  ["--stall_timeout_ms", "99", "must be a whole number from 100 to 3600000"],
  ["--stall_timeout_ms", "10s", "must be a whole number from 100 to 3600000"],
  ["--reconnect_limit", "-1", "must be a whole number from 0 to 1000000"],
  ["--buffer_size", "0", "must be a whole number from 1 to 10000"],
  ["--buffer_size", "1.5", "must be a whole number from 1 to 10000"],
  ["--max_frame_age_ms", "0", "must be a whole number from 1 to 3600000"],
  ["--model_version", "latest", "must be a whole number from 0 up"],
  ["--model_version", "-1", "must be a whole number from 0 up"],
  ["--inference_executors", "257", "must be a whole number from 1 to 256"],
  ["--inference_timeout_ms", "0", "must be a whole number from 1 to 3600000"],
  ["--visualizer_port", "65536", "must be a whole number from 0 to 65535"],
  ["--visualizer_port", "http", "must be a whole number from 0 to 65535"],
  ["--limit_frames", "0", "must be a whole number from 1 up"],
  ["--limit_frames", "9007199254740992", "must be a whole number from 1 up"],
  [
    "--limit_duration",
    "0",
    `must be a time above 0 and up to 30 days: seconds (10, 1.5), or a number with ms, s, m or h (2m)`,
  ],
  [
    "--limit_duration",
    "2w",
    `must be a time above 0 and up to 30 days: seconds (10, 1.5), or a number with ms, s, m or h (2m)`,
  ],
  ["--rtsp_transport", "quic", "must be tcp, udp or http"],
  ["--api", "grpc", "must be auto, kserve, tfs or kserve_stream"],
  ["--log_level", "verbose", "must be DEBUG, INFO, WARNING or ERROR"],
  ["--log_format", "xml", "must be text or json"],
  ["--stream_name", ".", "means a folder in an address, must be another name"],
  ["--stream_name", "..", "means a folder in an address, must be another name"],
  [
    "--visualizer_port",
    "5060",
    "is a port that browsers refuse, must be another one, such as 5000",
  ],
  [
    "--ovms_url",
    "http://127.0.0.1:5060",
    "has port 5060, which HTTP clients refuse; let the server listen on another one, such as 8000",
  ],
  ["--use_case", "motoin", "does not exist, did you mean motion?"],
  ["--stream_name", "a/b", "must be 1 to 64 letters, digits, dots, dashes or underscores"],
  [
    "--sink",
    "carrier:topic",
    `must be ${sinksAllowed}`,
  ],
  [
    "--sink",
    "jsonl:",
    `names no file, must be ${sinksAllowed}`,
  ],
  [
    "--stream_url",
    "ftp://camera/x",
    "ftp:// is not supported, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device",
  ],
  [
    "--stream_url",
    "rtsp://",
    "names no host, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device",
  ],
  [
    "--stream_url",
    "file://elsewhere/x",
    "is no URL of a file on this machine, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device",
  ],
  ["--ovms_url", "ovms", "has no port, must be HOST:PORT, grpc://, grpcs://, http:// or https://"],
  ["--ovms_url", "ovms:99999", "has port 99999, must be from 1 to 65535"],
  ["--ovms_url", "grpc://ovms/path", "must be HOST:PORT, grpc://, grpcs://, http:// or https://"],
  [
    "--ovms_url",
    "ws://ovms:9000",
    "ws:// is not supported, must be HOST:PORT, grpc://, grpcs://, http:// or https://",
  ],
  ["--ovms_url", "http://", "must be HOST:PORT, grpc://, grpcs://, http:// or https://"],
  [
    "--use_case",
    "ftp://host/x.ts",
    "ftp:// is not supported, must be the path or the file:, http:// or https:// URL of a plugin",
  ],
  ["--use_case", "https://", "must be the path or the file:, http:// or https:// URL of a plugin"],
].map(([flag, value, wrong]) => ({
  name: `${flag} ${value}`,
  args: [...rightFlags, flag!, value!],
  lines: [`${flag} ${value}: ${wrong}`],
}));

const togetherCases: Case[] = [
  {
    name: "both backends",
    args: [...rightFlags, "--model_path", "FILE"],
    lines: [
      "--model_path: conflicts with --ovms_url, give one of --ovms_url, --model_path, --no_model",
    ],
  },
  {
    name: "a model server, a file and no model at once",
    args: [...rightFlags, "--model_path", "FILE", "--no_model"],
    lines: [
      "--model_path: conflicts with --ovms_url, give one of --ovms_url, --model_path, --no_model",
      "--no_model: conflicts with --ovms_url, give one of --ovms_url, --model_path, --no_model",
    ],
  },
  {
    name: "TLS without a model",
    args: [...streamFlags, "--no_model", "--tls_ca", "FILE"],
    lines: ["--tls_ca FILE: has no effect without TLS, needs --ovms_url grpcs:// or https://"],
  },
  {
    name: "a model server without the model's name",
    args: [...streamFlags, "--ovms_url", "ovms:9000"],
    lines: ["--model_name: missing, it is required with --ovms_url"],
  },
  {
    name: "listening at something that is not rtsp://",
    args: [...serverFlags, "--stream_url", "http://0.0.0.0:8080/in", "--rtsp_listen"],
    lines: [
      "--stream_url http://0.0.0.0:8080/in: cannot be listened at, must be rtsp://, rtmp:// or srt:// with --rtsp_listen",
    ],
  },
  ...["192.168.1.20", "localhost:8554/live"].map((text) => ({
    name: `the address of a camera without a scheme, ${text}`,
    args: [...serverFlags, "--stream_url", text],
    lines: [`--stream_url ${text}: has no scheme, did you mean rtsp://${text}`],
  })),
  {
    name: "certificates for a camera without TLS",
    args: [...serverFlags, "--stream_url", "rtsp://c/x", "--stream_tls_insecure"],
    lines: [
      "--stream_tls_insecure: has no effect without TLS, needs --stream_url rtsps:// or https://",
    ],
  },
  {
    name: "certificates of a camera that are looked at and are not",
    args: [
      ...[...serverFlags, "--stream_url", "rtsps://c/x"],
      ...["--stream_tls_insecure", "--stream_tls_ca", "FILE"],
    ],
    lines: ["--stream_tls_insecure: conflicts with --stream_tls_ca"],
  },
  {
    name: "TensorFlow Serving over REST",
    args: [...streamFlags, "--ovms_url", "http://ovms:8000", "--model_name", "m", "--api", "tfs"],
    lines: ["--api tfs: is spoken over gRPC only, must be auto or kserve with http:// or https://"],
  },
  {
    name: "TLS files for a server that is spoken to in the clear",
    args: [...rightFlags, "--tls_ca", "FILE"],
    lines: [
      "--tls_ca FILE: has no effect without TLS, needs --ovms_url grpcs:// or https://",
    ],
  },
  {
    name: "a certificate without its key, a key without its certificate",
    args: [
      ...streamFlags,
      "--ovms_url",
      "grpcs://ovms:9000",
      "--model_name",
      "m",
      "--tls_cert",
      "FILE",
    ],
    lines: ["--tls_cert FILE: needs --tls_key beside it"],
  },
  {
    name: "a key without its certificate",
    args: [
      ...streamFlags,
      "--ovms_url",
      "https://ovms",
      "--model_name",
      "m",
      "--tls_key",
      "FILE",
    ],
    lines: ["--tls_key FILE: needs --tls_cert beside it"],
  },
  {
    name: "the same sink twice",
    args: [...rightFlags, "--sink", "stdout", "--sink", "jsonl:a", "--sink=jsonl:a"],
    lines: ["--sink jsonl:a: is given twice"],
  },
  {
    name: "everything at once",
    args: [
      "--fps",
      "fast",
      "--visualizer-port",
      "77777",
      "--unknown_thing",
      "--model_path",
      "FILE/none",
    ],
    lines: [
      "--unknown_thing: unknown flag, see --help",
      "--visualizer_port 77777: must be a whole number from 0 to 65535",
      "--fps fast: must be a number from 0.01 to 1000",
      "--stream_url: missing, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device",
      "--model_path FILE/none: cannot be read: part of the path is a file",
    ],
  },
];

const jsonCases: Case[] = [
  ["", "it ends too early, after character 0"],
  ['{"a":1,}', 'unexpected "}" at character 8'],
  ['{"a": x}', 'unexpected "x" at character 7'],
  ["{'a': 1}", `unexpected "'" at character 2`],
  ['{"a": [1, 2}', 'unexpected "}" at character 12'],
  ['{"a": "b', "it ends too early, after character 8"],
  ["threshold=0.6", 'unexpected "h" at character 2'],
  ["1 2", 'unexpected "2" at character 3'],
].map(([text, wrong]) => ({
  name: `--use_case_options ${text}`,
  args: [...rightFlags, `--use_case_options=${text}`],
  lines: [`--use_case_options: is not JSON: ${wrong}`],
}));

const secretCases: Case[] = [
  {
    name: "a password in a URL that is wrong",
    args: [...serverFlags, "--stream_url", "ftp://user:pass@camera/x"],
    lines: [
      "--stream_url ftp://user:***@camera/x: ftp:// is not supported, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device",
    ],
  },
  {
    name: "a password behind a mistyped flag",
    args: [...rightFlags, "--stream_ulr=rtsp://user:pass@camera/x", "rtsp://user:pass@camera/x"],
    lines: [
      "--stream_ulr: unknown flag, did you mean --stream_url?",
      "rtsp://user:***@camera/x: belongs to no flag",
    ],
  },
  {
    name: "a password where the scheme was forgotten",
    args: [...serverFlags, "--stream_url", "user:pa:ss@w/rd@camera/x"],
    lines: ["--stream_url user:***@camera/x: has no scheme, did you mean rtsp://…@camera/x"],
  },
  {
    name: "a password where a slash was forgotten",
    args: [...serverFlags, "--stream_url", "rtsp:/user:pass@camera/x"],
    lines: [
      "--stream_url rtsp:/***@camera/x: names no host, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device",
    ],
  },
  {
    name: "a password for a model server that takes none",
    args: [...streamFlags, "--ovms_url", "grpc://user:pass@ovms:9000", "--model_name", "m"],
    lines: [
      "--ovms_url grpc://user:***@ovms:9000: must be HOST:PORT, grpc://, grpcs://, http:// or https://",
    ],
  },
  {
    name: "a token in a query",
    args: [...rightFlags, "--use_case", "ftp://host/x.ts?token=abcdef"],
    lines: [
      "--use_case ftp://host/x.ts?token=***: ftp:// is not supported, must be the path or the file:, http:// or https:// URL of a plugin",
    ],
  },
  {
    name: "a control character, without the URL's line being broken",
    args: [...rightFlags, "--use_case", "x\ny"],
    lines: ['--use_case "x\\ny": holds a control character'],
  },
];

for (
  const { name, args, lines } of [
    ...flagCases,
    ...valueCases,
    ...togetherCases,
    ...jsonCases,
    ...secretCases,
  ]
) {
  Deno.test(`readCommandLine() refuses ${name}`, async () => {
    const put = (text: string) => text.replaceAll("FILE", file);
    const commandLine = await readCommandLine(args.map(put));
    assert(commandLine.kind === "wrong", `it was taken as ${commandLine.kind}`);
    assert.deepEqual(commandLine.lines, lines.map(put));
  });
}

Deno.test("readCommandLine() looks at the files that right flags name, even when others are wrong", async () => {
  const commandLine = await readCommandLine([
    "--fps",
    "x",
    ...streamFlags,
    "--model_path",
    `${file}/x`,
  ]);
  assert.deepEqual(commandLine, {
    kind: "wrong",
    lines: [
      "--fps x: must be a number from 0.01 to 1000",
      `--model_path ${file}/x: cannot be read: part of the path is a file`,
    ],
  });
});

Deno.test("readCommandLine() takes the flags of the 2022.1 demo", async () => {
  const commandLine = await readCommandLine([
    ...["--stream_url", "rtsp://localhost:8554/mystream", "--ovms_url", "localhost:9000"],
    ...["--model_name", "person-vehicle-bike-detection", "--model_version", "0"],
    ...["--visualizer_port", "5000", "--binary_input", "--inference_executors", "4"],
    ...["--buffer_size", "100", "--log_level", "info", "--use_case", file],
  ]);
  assert(commandLine.kind === "right");
  assert.deepEqual(commandLine.notices, []);
});

Deno.test("readCommandLine() asks for the help whatever else is wrong", async () => {
  assert.deepEqual(await readCommandLine(["--fps", "x", "--help"]), { kind: "help" });
});
