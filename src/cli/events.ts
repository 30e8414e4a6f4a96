/** `events`: what happened, in a terminal, from the folder in which a Sightline keeps its events. */

import { parseDate } from "../settings/parse_date.ts";
import { parseDuration } from "../settings/parse_duration.ts";
import {
  integer,
  number,
  parsed,
  required,
  SettingError,
  text,
  toggle,
  type ValuesOf,
} from "../settings/setting.ts";
import { eventSettings } from "../events/settings.ts";
import { keysOf, type SightlineEvent } from "../events/event.ts";
import { fits, toQuery } from "../events/event_query.ts";
import { mediaFolder } from "../events/media_table.ts";
import { EventStore } from "../events/event_store.ts";
import { pause } from "../backoff.ts";
import { escapeControls } from "../log/escape.ts";
import { readCommand } from "./command_args.ts";
import { print, printError, printJson } from "./print.ts";

const group = "Events";
const word = (value: string, help: string) =>
  text("1 to 256 characters", { group, value, help }, /^.{1,256}$/s);
const timeAllowed = "a time ago (90s, 2h), up to 30 days, or a date such as 2026-11-29T10:00";

/** Milliseconds since 1970, of a time ago or a date. */
function parseTime(given: string): number {
  const dateMs = parseDate(given);
  if (/^\d{4}-/.test(given) && !Number.isNaN(dateMs)) return dateMs;
  if (/^\d{4}-/.test(given)) throw new SettingError();
  return Date.now() - parseDuration(given);
}

/** The folder that a command reads. */
export const dataDirSetting = required({
  ...eventSettings.data_dir,
  allowed: "the folder of the events",
});

const table = {
  data_dir: dataDirSetting,
  stream: word("NAME", "only of this stream"),
  type: word("TYPE", "only of this type, such as zone_entered"),
  label: word("LABEL", "only of this class, such as person"),
  zone: word("NAME", "only of this zone"),
  since: parsed(timeAllowed, parseTime, {
    group,
    value: "TIME",
    help: "not before: a time ago such as 2h, or a date",
  }),
  until: parsed(timeAllowed, parseTime, {
    group,
    value: "TIME",
    help: "before: a time ago such as 1h, or a date",
  }),
  min_confidence: number(0, 1, {
    group,
    value: "SHARE",
    help: "confidence of the object, at least",
  }),
  open: toggle({ group, help: "only what has begun and not ended" }),
  limit: integer(1, 1_000_000, { group, value: "N", default: 20, help: "the newest so many" }),
  follow: toggle({ group, help: "go on with what comes, until Ctrl-C" }),
  json: toggle({ group, help: "one JSON object a line" }),
} as const;

const followEveryMs = 300;

const copyTable = {
  data_dir: dataDirSetting,
  output: required(text("the path of a file", {
    group,
    value: "FILE",
    short: "o",
    help: "where the file is written",
  })),
} as const;

/** `events clip ID -o FILE`: copies the clip or the picture of an event. */
async function copyFile(kind: "clip" | "snapshot", args: readonly string[]): Promise<number> {
  const read = await readCommand(args, {
    table: copyTable,
    usage: `events ${kind} ID --data_dir DIR -o FILE`,
    description: `Copies the ${kind} of an event out of the folder of events.`,
    maxOperands: 1,
    check: ([id]) =>
      id === undefined ? [{ setting: "ID", message: "missing, must be an event's id" }] : [],
  });
  if (typeof read === "number") return read;
  const { values: { data_dir, output }, operands: [id] } = read;
  try {
    using store = openStore(data_dir!);
    if (store.get(id!) === null) throw new Error(`there is no event ${escapeControls(id!)}`);
    const file = store.fileOf(id!, kind);
    if (file === null) throw new Error(`this event has no ${kind}`);
    await Deno.copyFile(`${mediaFolder(data_dir!)}/${file.name}`, output!);
    return 0;
  } catch (error) {
    printError(`Cannot copy the ${kind}: ${(error as Error).message}`);
    return 1;
  }
}

/** Prints the newest events, oldest first, as a table or as JSON. */
export async function events(args: string[], signal: AbortSignal): Promise<number> {
  const [kind, ...rest] = args;
  if (kind === "clip" || kind === "snapshot") return await copyFile(kind, rest);
  const read = await readCommand(args, {
    table,
    usage: "events --data_dir DIR [flags]",
    description:
      "Shows the events that a Sightline keeps in a folder: beside the running one, or " +
      "of a folder that was copied. `events clip ID -o FILE` and `events snapshot ID -o FILE` " +
      "copy a clip or a picture. Exit code 0: shown, 1: they cannot be read, 2: bad input.",
  });
  if (typeof read === "number") return read;
  const settings = { limit: table.limit.default!, ...read.values };
  try {
    using store = openStore(settings.data_dir!);
    await show(store, settings, signal);
    return 0;
  } catch (error) {
    printError(`Cannot read the events in ${settings.data_dir}: ${(error as Error).message}`);
    return 1;
  }
}

type Settings = Omit<ValuesOf<typeof table>, "limit"> & {
  readonly limit: number;
};

function openStore(dataDir: string): EventStore {
  const path = `${dataDir}/events.db`;
  try {
    Deno.statSync(path);
  } catch {
    throw new Error(`no Sightline keeps events there (there is no events.db)${shardsIn(dataDir)}`);
  }
  return new EventStore(path, { readOnly: true });
}

/** Each process of several has a folder of its own. */
function shardsIn(dataDir: string): string {
  try {
    const names = [...Deno.readDirSync(dataDir)].map(({ name }) => name)
      .filter((name) => name.startsWith("shard-")).sort();
    return names.length === 0 ? "" : `, but in its folders ${names.join(", ")}`;
  } catch {
    return "";
  }
}

async function show(store: EventStore, settings: Settings, signal: AbortSignal): Promise<void> {
  const seq = store.lastSeq();
  const { since, until, ...rest } = settings;
  const query = toQuery({ ...rest, from: since, to: until });
  const tell = (event: SightlineEvent) => settings.json ? printJson(event) : print(toRow(event));
  const { events } = store.find(query, settings.limit);
  if (!settings.json) await print(header);
  for (const event of events.toReversed()) await tell(event);
  if (!settings.follow) return;
  for await (const event of eventsAfter(store, seq, signal)) {
    if (fits(event, query)) await tell(event);
  }
}

/** Events behind a number as they are written, until `signal` aborts. */
async function* eventsAfter(
  store: EventStore,
  seq: number,
  signal: AbortSignal,
): AsyncGenerator<SightlineEvent, void> {
  while (!signal.aborted) {
    for (const { seq: at, event } of store.after(seq, 500)) {
      seq = at;
      yield event;
    }
    await pause(followEveryMs, signal);
  }
}

/** Prints what another part of this process keeps in `dataDir`, from its first event on, as a table. */
export async function tellEvents(
  dataDir: string,
  isTold: (event: SightlineEvent) => boolean,
  signal: AbortSignal,
): Promise<void> {
  let begun: EventStore | null;
  while ((begun = openBegun(dataDir)) === null) {
    if (signal.aborted) return;
    await pause(followEveryMs, signal);
  }
  using store = begun;
  await print(header);
  for await (const event of eventsAfter(store, 0, signal)) {
    if (isTold(event)) await print(toRow(event));
  }
}

/** Null as long as the file, or a table in it, is not there yet. */
function openBegun(dataDir: string): EventStore | null {
  let store: EventStore | undefined;
  try {
    store = openStore(dataDir);
    store.lastSeq();
    return store;
  } catch {
    store?.[Symbol.dispose]();
    return null;
  }
}

const widths = [24, 18, 18, 12, 12, 6, 9];
const header = ["TIME", "STREAM", "TYPE", "LABEL", "ZONE", "CONF", "LASTED", "ID"]
  .map((title, column) => title.padEnd(widths[column] ?? 0)).join("  ").trimEnd();

function toRow(event: SightlineEvent): string {
  const { label, zone, confidence } = keysOf(event);
  const { at, stream, type, line, duration_ms, reason, id } = event;
  const cells = [
    at,
    stream,
    type,
    label ?? "",
    zone ?? line ?? "",
    confidence?.toFixed(2) ?? "",
    duration_ms === undefined ? "" : `${(duration_ms / 1000).toFixed(1)} s`,
    reason === undefined ? id : `${id}  ${reason}`,
  ];
  return escapeControls(cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
}
