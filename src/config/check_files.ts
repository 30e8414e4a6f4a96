/** Files that the settings name: looked at before anything starts, so that all is said at once. */

import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { checkSecondary, inSecondary } from "./check_secondary.ts";
import { nearest } from "../settings/nearest.ts";
import { isRemote } from "./parse_urls.ts";
import type { Problem } from "../settings/problem.ts";
import type { StreamSettings } from "./settings.ts";
import { isShippedName, SHIPPED_PLUGINS } from "./shipped_plugins.ts";

/** What is wrong with the files of one stream. */
export async function checkFiles(stream: StreamSettings): Promise<Problem[]> {
  const secondary = checkSecondary(stream.secondary, []);
  const own = await checkNamed(stream);
  const second = secondary === null ? [] : inSecondary(await checkNamed(secondary));
  return [...own, ...second];
}

async function checkNamed(stream: StreamSettings): Promise<Problem[]> {
  const { stream_url, stream_tls_ca, model_path, use_case, sink = [] } = stream;
  const { tls_ca, tls_cert, tls_key } = stream;
  const named = { stream_tls_ca, model_path, use_case, tls_ca, tls_cert, tls_key };
  const reasons: [setting: string, value: string, reason: Promise<string | null>][] = [];
  for (const [setting, path] of Object.entries(named)) {
    if (path === undefined || isRemote(path)) continue;
    if (setting === "use_case" && isShippedName(path)) continue;
    const reason = whyNotReadable(path);
    reasons.push([setting, path, setting === "use_case" ? withShipped(path, reason) : reason]);
  }
  if (stream_url !== undefined && !isRemote(stream_url)) {
    reasons.unshift(["stream_url", stream_url, whyNotReadable(stream_url)]);
  }
  for (const one of sink) {
    if (one.kind === "jsonl") {
      reasons.push(["sink", `jsonl:${one.path}`, whyNotWritable(one.path)]);
    }
  }
  const problems: Problem[] = [];
  for (const [setting, value, reason] of reasons) {
    const message = await reason;
    if (message !== null) problems.push({ setting, value, message });
  }
  return problems;
}

/** A bare word was probably meant for a plugin that ships. */
async function withShipped(path: string, reason: Promise<string | null>): Promise<string | null> {
  const message = await reason;
  // A configuration file has made a path of it.
  const name = basename(path);
  if (message !== "does not exist" || name.includes(".")) return message;
  const closest = nearest(name, SHIPPED_PLUGINS);
  return `${message}, ${
    closest === null
      ? `plugins that ship are ${SHIPPED_PLUGINS.join(", ")}`
      : `did you mean ${closest}?`
  }`;
}

async function whyNotReadable(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).isDirectory()) return "is a directory, must be a file";
    await access(path, constants.R_OK);
    return null;
  } catch (error) {
    return reasonOf(error, "read");
  }
}

/** A file that exists must be writable; for one that does not, its directory must be. */
async function whyNotWritable(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).isDirectory()) return "is a directory, must be a file";
    await access(path, constants.W_OK);
    return null;
  } catch (error) {
    if (codeOf(error) !== "ENOENT") return reasonOf(error, "write");
  }
  const directory = dirname(path);
  try {
    if (!(await stat(directory)).isDirectory()) return `cannot be written: ${directory} is a file`;
    await access(directory, constants.W_OK);
    return null;
  } catch (error) {
    return codeOf(error) === "ENOENT"
      ? `cannot be written: directory ${directory} does not exist`
      : reasonOf(error, "write");
  }
}

function reasonOf(error: unknown, verb: "read" | "write"): string {
  switch (codeOf(error)) {
    case "ENOENT":
      return "does not exist";
    case "ENOTDIR":
      return `cannot be ${verb === "read" ? "read" : "written"}: part of the path is a file`;
    case "EACCES":
    case "EPERM":
      return `cannot be ${verb === "read" ? "read" : "written"}: permission denied`;
    case "EROFS":
      return "cannot be written: the file system is read-only";
    default:
      return `cannot be ${verb === "read" ? "read" : "written"}: ${(error as Error).message}`;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}
