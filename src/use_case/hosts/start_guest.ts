/** Starts the guest that a plugin's isolation asks for. */

import { readFileSync } from "node:fs";
import type { Logger } from "@logtape/logtape";
import { isShippedPlugin } from "../../assets.ts";
import type { UseCaseConfig } from "../settings.ts";
import type { ChildGuard } from "../../process_guard.ts";
import { type PreparedPlugin, preparePlugin } from "../modules/prepare_plugin.ts";
import { pluginName } from "../modules/plugin_url.ts";
import { cacheModules } from "./cache_modules.ts";
import { GuestSession, type GuestSessionOptions } from "./guest_session.ts";
import { guestSocketName, openProcessLink } from "./process_link.ts";
import type { StartSession } from "./shared_guest.ts";
import { openWorkerLink } from "./worker_link.ts";

/**
 * What starts one life of the guest after the other; `key` tells it from all other guests of this
 * machine.
 */
export function startGuest(
  config: UseCaseConfig,
  prepared: PreparedPlugin,
  key: string,
  logger: Logger,
  guard: ChildGuard,
): StartSession {
  let plugin = prepared;
  const { module, granted, memoryMb } = config;
  let { isolation } = config;
  // What ships with Sightline asks for nothing that could raise the question.
  const isOwn = isShippedPlugin(module);
  if (isolation === "worker" && !isOwn && wouldPrompt()) {
    logger.info(
      "It runs in a process of its own: for a Worker, Deno would ask at this terminal what it " +
        "may do; deno run --no-prompt keeps it in a Worker",
    );
    isolation = "process";
  }

  const openLink: GuestSessionOptions["openLink"] = (events) => {
    const { url: moduleUrl, files: moduleFiles } = plugin;
    if (isolation === "worker") return openWorkerLink(moduleUrl, granted, events);
    const request = { moduleUrl, moduleFiles, granted, memoryMb };
    return openProcessLink(request, guard, guestSocketName(key), events);
  };

  return async function start(timeoutMs, signal) {
    if (isolation === "process") await cacheModules(plugin.url, signal);
    // Deno reads a plugin from a path with each start, and what it finds has to be looked at.
    if (!await plugin.isUnchanged()) plugin = await preparePlugin(config, logger, signal);
    return await GuestSession.start({
      name: pluginName(module),
      logger,
      onLate(lateness) {
        if (isolation === "process") return "its process is killed";
        if (lateness === "waits") return "its Worker is ended";
        // A Worker that spins cannot be stopped, and the next one would cost the next core.
        isolation = "process";
        const loop = lateness === "computes"
          ? "the loop in it keeps a core busy"
          : "a loop in it would keep a core busy";
        return `its Worker is ended, but ${loop} until Sightline ends; ` +
          "from now on it runs in a process of its own";
      },
      onMemory: (usedMb) =>
        usedMb > memoryMb ? `used ${usedMb} MB of memory, allowed is ${memoryMb}` : null,
      mostTensorBytes: Math.min(64, memoryMb / 4) * 2 ** 20,
      openLink,
      readTrace: (stack) => plugin.trace.read(stack),
    }, { timeoutMs, signal });
  };
}

/**
 * Whether Deno would prompt at the terminal for what a Worker was not granted.
 *
 * Deno asks on behalf of Workers too, and once it runs there is no way to tell it not to. A Sightline
 * that was started with less than `-A` got its flags from `permissions`, `--no-prompt` among them.
 */
function wouldPrompt(): boolean {
  if (!Deno.stdin.isTerminal()) return false;
  const mayDoAll = (["env", "read", "run", "ffi"] as const)
    .every((name) => Deno.permissions.querySync({ name }).state === "granted");
  if (!mayDoAll || Deno.env.get("DENO_NO_PROMPT")) return false;
  try {
    return !readFileSync("/proc/self/cmdline", "utf8").split("\0").includes("--no-prompt");
  } catch {
    // No /proc here: better a process too many than a question.
    return true;
  }
}
