/** Checkers that tools/setup_tests.sh builds where Go is there. */

import { join } from "node:path";

const list = new URL("../../tools/go_tools.txt", import.meta.url);

/** A program that a test needs. */
export interface GoTool {
  /** Null where it is missing: its tests are then ignored. */
  readonly path: string | null;
  /** Stands behind the names of the tests; empty where it is there. */
  readonly reason: string;
}

/** Finds the pinned version of one of tools/go_tools.txt. */
export async function goTool(name: string): Promise<GoTool> {
  const lines = (await Deno.readTextFile(list)).split("\n");
  const [, , version] = lines.find((line) => line.startsWith(`${name} `))?.split(" ") ?? [];
  if (version === undefined) throw new Error(`Cannot find ${name} in tools/go_tools.txt`);
  return await found(name, version);
}

/** The Kafka broker of tests/support/kfake, whose module names no version: its dependencies do. */
export async function kafkaBroker(): Promise<GoTool> {
  return await found("kfake", "2");
}

async function found(name: string, version: string): Promise<GoTool> {
  const { get } = Deno.env;
  const folder = get("SIGHTLINE_TEST_TOOLS") ??
    join(get("XDG_CACHE_HOME") ?? join(get("HOME") ?? ".", ".cache"), "sightline", "tools");
  const path = join(folder, `${name}@${version}`, name);
  const isThere = await Deno.stat(path).then(() => true, () => false);
  return isThere ? { path, reason: "" } : {
    path: null,
    reason: ` (${name} is missing: tools/setup_tests.sh builds it where Go is there)`,
  };
}
