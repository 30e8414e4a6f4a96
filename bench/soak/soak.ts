import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Summary } from "../../src/stream/summary.ts";
import { freePort } from "../../tests/support/free_port.ts";
import { descendants, survivors } from "../../tests/support/processes.ts";
import { withModelServer } from "../../tests/support/with_model_server.ts";
import type { Child } from "../child.ts";
import { treeMemory } from "../process_tree.ts";
import { startConfig } from "../streams.ts";
import { balances, Books } from "./books.ts";
import { CameraServers } from "./camera_servers.ts";
import { type Census, takeCensus } from "./census.ts";
import { cameraFault, type Fault, pluginFault, serverFault, viewerFault } from "./faults.ts";
import { slope } from "./slope.ts";

/** How long, how many, how often. */
export interface SoakOptions {
  readonly streams: number;
  readonly minutes: number;
  readonly faultEveryMs: number;
  /** Memory, files and processes are not looked at before this. */
  readonly warmupMinutes: number;
  /** Called with each fault that is injected. */
  onProgress(line: string): void;
}

/** What came of it. */
export interface SoakReport {
  /** How often each fault struck. */
  readonly faults: Readonly<Record<string, number>>;
  readonly summaries: readonly Summary[];
  /** Streams whose books did not balance, at any look or at the end. */
  readonly unbalanced: readonly string[];
  /** Streams that gave no result when all was well again. */
  readonly stuck: readonly string[];
  readonly memoryMbPerMinute: number;
  readonly memory: readonly { readonly minute: number; readonly pssMb: number }[];
  /** After the warm-up and at the end, both times with all streams live. */
  readonly census: { readonly first: Census; readonly last: Census };
  /** Processes that outlived it. */
  readonly orphans: number;
  readonly exitCode: number;
}

/** The longest that streams may take to be live again: the longest backoff, and a start. */
const recoveryMs = 60_000;

/** Runs Sightline with many cameras, breaks something again and again, and keeps the books. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { streams, minutes, faultEveryMs, warmupMinutes, onProgress } = options;
  await using owned = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "soak_" });
  owned.defer(() => Deno.remove(folder, { recursive: true }));
  const modelPath = pathOf("../../demo/person_vehicle_bike.onnx");
  const model = owned.use(await withModelServer({ modelPath }));
  const cameras = owned.use(await CameraServers.start(streams));
  const port = freePort();
  const summaries: Summary[] = [];
  const child = owned.use(
    await startConfig(
      {
        visualizer_port: port,
        defaults: {
          ovms_url: `127.0.0.1:${model.grpcPort}`,
          model_name: model.modelName,
          use_case: pathOf("use_case.ts"),
          isolation: "process",
          sink: [`jsonl:${join(folder, "records.jsonl")}`],
        },
        streams: Object.fromEntries(
          Array.from({ length: streams }, (_, index) => [
            `cam${index}`,
            { stream_url: cameras.url(index) },
          ]),
        ),
      },
      folder,
      (line) => summaries.push(JSON.parse(line)),
    ),
  );
  const books = new Books(port);
  let stuck = await stillStuck(books, streams);
  if (stuck.length > 0) throw new Error(`Cannot begin: ${stuck.join(", ")} gave no result`);

  const faults = [
    cameraFault(cameras),
    serverFault(model),
    viewerFault(port, streams),
    pluginFault(child.pid),
  ];
  const counts: Record<string, number> = {};
  const memory: { minute: number; pssMb: number }[] = [];
  let first: Census | undefined;
  const startMs = performance.now();
  const minute = () => (performance.now() - startMs) / 60_000;
  for (let round = 0; minute() < minutes; round++) {
    const fault = faults[round % faults.length]!;
    counts[fault.name] = (counts[fault.name] ?? 0) + 1;
    onProgress(`${minute().toFixed(1)} min: ${fault.name}`);
    await suffer(fault, faultEveryMs);
    await books.check();
    if (minute() < warmupMinutes) continue;
    if (first === undefined) {
      await stillStuck(books, streams);
      first = await takeCensus(child.pid);
    }
    memory.push({ minute: minute(), pssMb: (await treeMemory(child.pid)).pssBytes / 1e6 });
  }
  stuck = await stillStuck(books, streams);
  const last = await takeCensus(child.pid);
  const { exitCode, orphans } = await end(child);
  const wrong = summaries.filter(({ frames }) => !balances(frames) || frames.in_flight > 0);
  return {
    faults: counts,
    summaries,
    unbalanced: [...books.unbalanced, ...wrong.map(({ stream }) => stream)],
    stuck,
    memoryMbPerMinute: slope(memory.map(({ minute, pssMb }) => [minute, pssMb])),
    memory,
    census: { first: first ?? last, last },
    orphans,
    exitCode,
  };
}

/** Half the time it is broken, half the time it is whole again. */
async function suffer(fault: Fault, durationMs: number): Promise<void> {
  await fault.strike();
  await setTimeout(durationMs / 2);
  await fault.mend();
  await setTimeout(durationMs / 2);
}

/** Waits until every stream gives results; names those that do not in time. */
async function stillStuck(books: Books, streams: number): Promise<string[]> {
  const giveUpAt = performance.now() + recoveryMs;
  const before = new Map<string, number>();
  for (;;) {
    const all = await books.check();
    for (const { name, frames } of all) if (!before.has(name)) before.set(name, frames.processed);
    const stuck = all
      .filter(({ name, frames }) => frames.processed <= before.get(name)!)
      .map(({ name }) => name);
    if (all.length === streams && stuck.length === 0) return [];
    if (performance.now() > giveUpAt) return all.length === 0 ? ["the live view"] : stuck;
    await setTimeout(500);
  }
}

async function end(child: Child): Promise<Pick<SoakReport, "exitCode" | "orphans">> {
  const tree = descendants(child.pid);
  Deno.kill(child.pid, "SIGTERM");
  const { code } = await child.status;
  // What only a guard ends is gone a moment later.
  await setTimeout(1000);
  return { exitCode: code, orphans: survivors(tree).length };
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
