/**
 * Runs one measurement: `deno task bench NAME [ARGUMENTS]`; without a name it lists them. What each
 * measures, and its figures, stand in bench/README.md.
 */
import { fileURLToPath } from "node:url";

interface Bench {
  readonly about: string;
  /** Arguments of `deno`, the last one a script in this folder. */
  readonly command: readonly string[];
}

/** A collection only when it is asked for, so that what is allocated between two can be counted. */
const countGarbage = "--v8-flags=--expose-gc,--min-semi-space-size=512,--max-semi-space-size=512";

/** By the name that `deno task bench` takes. */
export const benches: Readonly<Record<string, Bench>> = {
  all: {
    about: "floor, unpaced, age, scale, recovery and soak as one table; close to an hour",
    command: ["run", "-A", "suite.ts"],
  },
  age: {
    about: "age of results, from the camera's push to the record",
    command: ["run", "-A", "age.ts"],
  },
  annotate: {
    about: "CPU for each picture with boxes, beside ffmpeg that draws one and encodes likewise",
    command: ["run", "-A", "annotate.ts"],
  },
  batching: {
    about: "frames a second of a model that several streams share, with batches and without",
    command: ["run", "-A", "batching.ts"],
  },
  clients: {
    about: "one request by each client library, beside grpc-js and fetch",
    command: ["bench", "-A", "inference_bench.ts"],
  },
  decode: {
    about: "one decode or two, and full-size pictures for a second model",
    command: ["run", "-A", "decode_arms.ts"],
  },
  delivery: {
    about:
      "delivery of every kind: how fast it drains, 20 kills, what fails meanwhile, ten minutes' outage",
    command: ["run", "-A", "delivery.ts"],
  },
  events: {
    about: "the event log with ten million events: queries, writes, retention; an hour",
    command: ["run", "-A", "events.ts"],
  },
  floor: {
    about: "CPU and memory for one 1080p30 camera, beside ffmpeg alone on the same stream",
    command: ["run", "-A", "floor.ts"],
  },
  garbage: {
    about: "what a frame leaves for the garbage collector, from a 1080p30 camera to its record",
    command: ["run", "-A", countGarbage, "garbage.ts"],
  },
  graphs: {
    about: "graphs in streams: one that leaves frames out, 20 kills, CPU and age; half an hour",
    command: ["run", "-A", "graphs.ts"],
  },
  helpers: {
    about: "cost of the helpers for plugins, for each frame",
    command: ["bench", "helpers_bench.ts"],
  },
  hot: {
    about: "the code that runs for every frame, each piece by itself",
    command: ["bench", "-A", "hot_bench.ts"],
  },
  inference: {
    about: "CPU and garbage of one request of 270 KB, by encoder and protocol",
    command: ["run", "-A", countGarbage, "wire.ts"],
  },
  media: {
    about: "time and CPU of pictures and clips of events, and of keeping the packets for them",
    command: ["run", "-A", "media.ts"],
  },
  objects: {
    about: "whether each thing in the demo's street becomes one object",
    command: ["run", "-A", "objects.ts"],
  },
  pages: {
    about: "how soon the wall moves and the events page lists, in Chromium; bytes of the pages",
    command: ["run", "-A", "pages.ts"],
  },
  plugin_host: {
    about: "what confinement of a plugin adds to a frame, by host",
    command: ["run", "-A", "plugin_host.ts"],
  },
  outputs: {
    about: "age of pictures that went out, as packets, with boxes and in HLS, from their pixels",
    command: ["run", "-A", "outputs.ts"],
  },
  recovery: {
    about: "time to the first result after a camera, a model server or Sightline was away",
    command: ["run", "-A", "recovery.ts"],
  },
  scale: {
    about: "the largest number of cameras in one process",
    command: ["run", "-A", "scale.ts"],
  },
  soak: {
    about: "16 cameras for 30 minutes, with a fault every 10 seconds",
    command: ["run", "-A", "soak.ts"],
  },
  tracking: {
    about: "IDF1, identity switches and MOTA of the tracker, beside a greedy one",
    command: ["run", "tracking.ts"],
  },
  view: {
    about: "age and rate of the live view in Chromium, from the pixels; slow readers, many streams",
    command: ["run", "-A", "view.ts"],
  },
  unpaced: {
    about: "frames a second of a file without a pace, beside ffmpeg alone",
    command: ["run", "-A", "unpaced.ts"],
  },
};

/** Resolves to the exit code: 2 for an unknown name. */
async function runBench([name = "", ...args]: readonly string[]): Promise<number> {
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (bench === undefined) {
    const lines = Object.entries(benches).map(([name, { about }]) => `${name.padEnd(12)} ${about}`);
    const unknown = name === "" ? [] : [`Cannot measure ${name}: known are`];
    const output = name === "" ? Deno.stdout : Deno.stderr;
    await output.write(new TextEncoder().encode([...unknown, ...lines, ""].join("\n")));
    return name === "" ? 0 : 2;
  }
  // An interrupt reaches the measurement as well, which cleans up and ends.
  Deno.addSignalListener("SIGINT", () => {});
  const script = fileURLToPath(new URL(bench.command.at(-1)!, import.meta.url));
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [...bench.command.slice(0, -1), script, ...args],
  }).spawn().status;
  return code;
}

if (import.meta.main) Deno.exit(await runBench(Deno.args));
