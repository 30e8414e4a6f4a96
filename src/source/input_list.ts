/** ffmpeg's input in a file, since everybody on the machine may read a program's arguments. */

import { join } from "node:path";
import { maskUrl } from "../log/mask.ts";

/** What a URL of a camera may lead ffmpeg to, when a file names it. */
const protocols = [
  ...["file", "crypto", "data", "tcp", "udp", "tls", "http", "https", "httpproxy"],
  ...["rtp", "rtsp", "rtmp", "rtmps", "srt"],
].join(",");

/** Whether the URL holds what nobody else may see. */
export function isSecret(url: string): boolean {
  return maskUrl(url) !== url;
}

/** Puts a URL and the options for it into a file that only our user may read. */
export async function writeInputList(
  folder: string,
  url: string,
  options: readonly string[],
): Promise<string> {
  const path = join(folder, "input");
  await Deno.writeTextFile(path, inputList(url, options), { mode: 0o600 });
  return path;
}

/** Arguments in place of the options and the URL that are in a list. */
export function listArgs(path: string): string[] {
  return ["-protocol_whitelist", protocols, "-safe", "0", "-f", "concat", "-i", `file:${path}`];
}

/** `options` are pairs of a name with its dash, and a value. */
export function inputList(url: string, options: readonly string[]): string {
  const lines = ["ffconcat version 1.0", `file ${quote(url)}`];
  for (let index = 0; index < options.length; index += 2) {
    lines.push(`option ${options[index]!.slice(1)} ${quote(options[index + 1] ?? "")}`);
  }
  return `${lines.join("\n")}\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
