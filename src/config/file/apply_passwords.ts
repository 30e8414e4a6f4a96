/** Puts the content of each stream's `password_file` into its URL. */

import { readFile } from "node:fs/promises";
import { splitUrl } from "../../log/mask.ts";
import { fileMessage } from "../../log/system_message.ts";
import type { FileProblem } from "./file_problem.ts";
import type { Located } from "./layer.ts";
import type { Sections, StreamSection } from "./read_sections.ts";

/** Far longer than any password. */
const maxBytes = 4096;

/** What {@link applyPasswords} made. */
export interface WithPasswords {
  readonly sections: Sections;
  /** The files that were read. */
  readonly files: readonly string[];
  /** What these held; null where one could not be read. */
  readonly texts: readonly (string | null)[];
}

/** The sections with passwords in their streams' URLs, percent-encoded. */
export async function applyPasswords(
  sections: Sections,
  problems: FileProblem[],
): Promise<WithPasswords> {
  const files = new Map<string, Promise<string>>();
  const streams = new Map<string, StreamSection>();
  for (const [name, stream] of sections.streams) {
    const url = stream.layer.values.get("stream_url");
    const own = stream.layer.values.get("password_file");
    const file = own ?? sections.defaults.values.get("password_file");
    const parts = typeof url?.value === "string" ? splitUrl(url.value) : null;
    const isOpen = parts !== null && /^[^:]+$/.test(parts.userinfo ?? "");
    // One for all cameras is for those that need one.
    const isMeant = file !== undefined && url !== undefined && (own !== undefined || isOpen);
    const problem = isMeant && !isOpen ? misplaced(file, parts?.userinfo ?? null) : null;
    if (problem !== null) problems.push(problem);
    const secret = isMeant && isOpen ? await password(file, files, problems) : null;
    streams.set(
      name,
      secret === null || parts === null
        ? stream
        : withUrl(stream, `${parts.scheme}${parts.userinfo}:${encode(secret)}@${parts.rest}`),
    );
  }
  const texts = await Promise.all([...files.values()].map((text) => text.catch(() => null)));
  return { sections: { ...sections, streams }, files: [...files.keys()], texts };
}

function misplaced({ path, place }: Located, userinfo: string | null): FileProblem {
  const message = userinfo?.includes(":")
    ? "stands beside a URL that has a password already"
    : "needs a user in stream_url, such as rtsp://USER@HOST/";
  return { setting: path, place, message };
}

async function password(
  { value, place, path }: Located,
  files: Map<string, Promise<string>>,
  problems: FileProblem[],
): Promise<string | null> {
  if (typeof value !== "string" || value === "") {
    problems.push({ setting: path, place, value, message: "must be the path of a file" });
    return null;
  }
  const reading = files.get(value) ?? readFile(value, "utf8");
  files.set(value, reading);
  const reason = await whyUseless(reading);
  if (reason === null) return content(await reading);
  problems.push({ setting: path, place, value, message: reason });
  return null;
}

async function whyUseless(reading: Promise<string>): Promise<string | null> {
  try {
    const text = content(await reading);
    if (text === "") return "is empty, must hold the password";
    if (text.length > maxBytes) return `is longer than ${maxBytes} characters`;
    return /[\r\n]/.test(text) ? "holds several lines, must hold the password alone" : null;
  } catch (error) {
    return fileMessage(error);
  }
}

/** An editor ends the last line, which is no part of the password. */
function content(text: string): string {
  return text.replace(/\r?\n$/, "");
}

/** Every character that means something in a URL, and the percent sign itself. */
function encode(secret: string): string {
  return encodeURIComponent(secret).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function withUrl(stream: StreamSection, value: string): StreamSection {
  const values = new Map(stream.layer.values);
  values.set("stream_url", { ...values.get("stream_url")!, value });
  return { ...stream, layer: { ...stream.layer, values } };
}
