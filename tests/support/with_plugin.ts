/** A plugin written for one test, started in the isolation under test. */

import { dirname } from "node:path";
import { getLogger, type Logger } from "@logtape/logtape";
import type { UseCaseConfig } from "../../src/use_case/settings.ts";
import type { Frame } from "../../src/frame/frame.ts";
import type { ModelMetadata } from "../../src/frame/model.ts";
import { type ChildGuard, ProcessGuard } from "../../src/process_guard.ts";
import type { UseCaseHost } from "../../src/use_case/host.ts";
import { SharedGuest } from "../../src/use_case/hosts/shared_guest.ts";
import { startGuest } from "../../src/use_case/hosts/start_guest.ts";
import { pluginUrl } from "../../src/use_case/modules/plugin_url.ts";
import { PluginTrace } from "../../src/use_case/modules/plugin_trace.ts";
import { Plugin } from "../../src/use_case/plugin.ts";
import { PluginPool } from "../../src/use_case/plugin_pool.ts";
import { frameOf } from "./samples.ts";

/** Both hosts, for tests that hold for both. */
export const isolations = ["worker", "process"] as const;

/** A model that takes 2×2 pixels, so that {@link smallFrame} feeds it. */
const smallModel: ModelMetadata = {
  name: "m",
  inputs: [{ name: "image", datatype: "UINT8", shape: [1, 2, 2, 3] }],
  outputs: [],
};

/** A frame of its own: a host takes what it is given. */
export function smallFrame(sequence = 0): Frame {
  const data = Uint8Array.from({ length: 12 }, (_, index) => index);
  return frameOf({ stream: "s", sequence, ptsMs: 0, width: 2, height: 2, data });
}

/** Opens the plugin; what is left out is as by default. */
export type OpenPlugin = (
  options?: unknown,
  config?: Partial<UseCaseConfig>,
  logger?: Logger,
) => Promise<UseCaseHost>;

/** Writes a plugin into a folder of its own, and ends whatever was opened of it. */
export async function withPlugin<T>(
  isolation: UseCaseConfig["isolation"],
  code: string,
  use: (open: OpenPlugin, path: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  const module = `${folder}/plugin.ts`;
  // Deno type-checks what a test's Workers load, which `deno run` does not.
  await Deno.writeTextFile(module, `// @ts-nocheck\n${code}`);
  try {
    return await withPluginFile(isolation, module, (open) => use(open, module));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The same for a plugin that is a file. */
export async function withPluginFile<T>(
  isolation: UseCaseConfig["isolation"],
  module: string,
  use: (open: OpenPlugin) => Promise<T>,
): Promise<T> {
  await using owned = new AsyncDisposableStack();
  const guard = owned.use(new ProcessGuard());
  return await use(async (options, config, logger = getLogger(["test"])) => {
    const useCase = { ...defaults, isolation, module, options, ...config };
    const plugin = await new PluginPool(logger, () => guard).start(useCase, "s", logger);
    owned.use(plugin);
    return owned.use(await plugin.open({ model: smallModel, binaryInput: false }));
  });
}

/**
 * The same for a plugin that was not looked at before: what it meets is the wall around its process,
 * as if it had found a way past the check of its imports.
 */
export async function withUncheckedPlugin<T>(
  module: string,
  use: (open: OpenPlugin) => Promise<T>,
): Promise<T> {
  await using owned = new AsyncDisposableStack();
  const guard = owned.use(new ProcessGuard());
  return await use(async (options, given, logger = getLogger(["test"])) => {
    const config = { ...defaults, isolation: "process" as const, module, options, ...given };
    const prepared = {
      ...{ url: pluginUrl(module).href, version: "", files: [dirname(module)] },
      trace: new PluginTrace(new Map()),
      isUnchanged: () => Promise.resolve(true),
    };
    const start = startGuest(config, prepared, crypto.randomUUID(), logger, guard);
    const item = owned.use(new SharedGuest(start, logger));
    const guest = { item, [Symbol.asyncDispose]: () => Promise.resolve() };
    const plugin = new Plugin(config, "s", logger, guest);
    return owned.use(await plugin.open({ model: smallModel, binaryInput: false }));
  });
}

/** Several streams with one plugin. */
export interface TestPool extends AsyncDisposable {
  open(stream: {
    readonly stream: string;
    readonly options?: unknown;
    readonly config?: Partial<UseCaseConfig>;
    readonly logger?: Logger;
  }): Promise<UseCaseHost>;
  /** Puts other code into the plugin's file. */
  save(code: string): Promise<void>;
  /** Child processes that run now. */
  readonly guests: number;
}

/** A pool of a plugin that is written into a folder of its own. */
export async function openPool(
  isolation: UseCaseConfig["isolation"],
  code: string,
  logger: Logger = getLogger(["test"]),
): Promise<TestPool> {
  await using opened = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  opened.defer(() => Deno.remove(folder, { recursive: true }));
  const module = `${folder}/plugin.ts`;
  const save = (code: string) => Deno.writeTextFile(module, `// @ts-nocheck\n${code}`);
  await save(code);
  const guard = opened.use(new ProcessGuard());
  const running = new Set<number>();
  const counting: ChildGuard = {
    addFolder: (path) => guard.addFolder(path),
    removeFolder: (path) => guard.removeFolder(path),
    add(pid) {
      running.add(pid);
      guard.add(pid);
    },
    remove(pid) {
      running.delete(pid);
      guard.remove(pid);
    },
  };
  const pool = new PluginPool(logger, () => counting);
  const owned = opened.move();
  return {
    async open({ stream, options, config, logger = getLogger(["test"]) }) {
      const plugin = owned.use(
        await pool.start(
          { ...defaults, isolation, module, options, ...config },
          stream,
          logger,
        ),
      );
      return owned.use(await plugin.open({ model: smallModel, binaryInput: false }));
    },
    save,
    get guests() {
      return running.size;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const defaults: Omit<UseCaseConfig, "module" | "isolation"> = {
  options: undefined,
  sharing: "plugin",
  granted: {},
  timeoutMs: 1000,
  memoryMb: 512,
  watch: false,
  cacheDir: null,
};
