/** ffmpeg's input in a file, as every user of the machine can read a program's arguments. */

import { join } from "node:path";
import type { SourceConfig } from "../settings.ts";
import { maskUrl } from "../../log/mask.ts";

/** What a URL of a camera may lead ffmpeg to, when a file names it. */
const protocols = [
  ...["file", "crypto", "data", "tcp", "udp", "tls", "http", "https", "httpproxy"],
  ...["rtp", "rtsp", "rtmp", "rtmps", "srt"],
].join(",");

/** Whether the URL holds a secret. */
export function isSecret(url: string): boolean {
  return maskUrl(url) !== url;
}

/** Pictures that one ffmpeg asks for; where they end, another goes on. */
export const pollsOfARun = 5000;

/** How far apart requests are to an address that answers with one picture. */
export function pollIntervalMs({ fps }: Pick<SourceConfig, "fps">): number {
  return 1000 / (fps ?? 1);
}

/** Puts a URL and the options for it, as {@link inputList}, into a file that only our user may read. */
export async function writeInputList(
  folder: string,
  ...input: Parameters<typeof inputList>
): Promise<string> {
  const path = join(folder, "input");
  await Deno.writeTextFile(path, inputList(...input), { mode: 0o600 });
  return path;
}

/** Arguments in place of the options and the URL that are in a list. */
export function listArgs(path: string): string[] {
  return ["-protocol_whitelist", protocols, "-safe", "0", "-f", "concat", "-i", `file:${path}`];
}

/**
 * A list for ffmpeg. `options`: pairs of a name with its dash, and a value; `pollMs`: the address
 * answers with one picture, and is asked for the next so many milliseconds later, for which the relay
 * sees to it, null = it is read once.
 */
export function inputList(url: string, options: readonly string[], pollMs: number | null): string {
  const lines = [`file ${quote(url)}`];
  for (let index = 0; index < options.length; index += 2) {
    lines.push(`option ${options[index]!.slice(1)} ${quote(options[index + 1] ?? "")}`);
  }
  if (pollMs !== null) lines.push(`duration ${pollMs}ms`);
  const entry = `${lines.join("\n")}\n`;
  return `ffconcat version 1.0\n${entry.repeat(pollMs === null ? 1 : pollsOfARun)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
