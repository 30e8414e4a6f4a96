/** `deliveries`: what became of the events of each destination, from the folder of a Sightline. */

import { phrase } from "../settings/problem.ts";
import { integer, text, toggle } from "../settings/setting.ts";
import { deliveryStatus } from "../delivery/delivery_status.ts";
import { DeliveryStore, type NamedState } from "../delivery/store/delivery_store.ts";
import { escapeControls } from "../log/escape.ts";
import { readCommand } from "./command_args.ts";
import { dataDirSetting } from "./events.ts";
import { print, printError, printJson } from "./print.ts";

const group = "Events";
const table = {
  data_dir: dataDirSetting,
  to: text("the name of a destination", {
    group,
    value: "NAME",
    help: "only this destination, as the table calls it",
  }),
  letters: toggle({ group, help: "show what was refused and set aside, newest first" }),
  limit: integer(1, 10_000, {
    group,
    value: "N",
    default: 20,
    help: phrase`with ${"letters"}: so many`,
  }),
  json: toggle({ group, help: "one JSON object a line" }),
} as const;

/** Prints a table of destinations, or of dead letters; `retry` sends these again. */
export async function deliveries(args: string[]): Promise<number> {
  const read = await readCommand(args, {
    table,
    usage: "deliveries [retry] --data_dir DIR [flags]",
    description:
      "Shows for each destination what was delivered, what waits, what was dropped and why, " +
      "and the last error: beside the running Sightline, or of a folder that was copied. " +
      "retry: what was refused is sent again, and a destination that was disabled is enabled; " +
      "a running Sightline takes it up within seconds. Exit code 0: done, 1: the folder " +
      "cannot be read, 2: bad input.",
    maxOperands: 1,
    check: ([verb = "retry"]) =>
      verb === "retry"
        ? []
        : [{ setting: null, value: verb, message: "unknown word, known is retry" }],
  });
  if (typeof read === "number") return read;
  const { operands: [verb] } = read;
  const settings = { limit: table.limit.default!, ...read.values };
  try {
    using store = openStore(settings.data_dir!, verb === undefined);
    const states = store.states()
      .filter(({ name }) => (settings.to ?? name) === name);
    if (settings.to !== undefined && states.length === 0) {
      const names = store.states().map(({ name }) => name).join(", ");
      printError(`--to ${settings.to}: no such destination, known are ${names || "none"}`);
      return 2;
    }
    if (verb === "retry") await retry(store, settings.to ?? null, states);
    else if (settings.letters) await showLetters(store, settings);
    else await showStates(states, store.letterCounts(), settings.json ?? false);
    return 0;
  } catch (error) {
    printError(`Cannot read the deliveries in ${settings.data_dir}: ${(error as Error).message}`);
    return 1;
  }
}

function openStore(dataDir: string, readOnly: boolean): DeliveryStore {
  const path = `${dataDir}/deliveries.db`;
  try {
    Deno.statSync(path);
  } catch {
    throw new Error("no Sightline has delivered from there (there is no deliveries.db)");
  }
  return new DeliveryStore(path, { readOnly });
}

async function retry(
  store: DeliveryStore,
  to: string | null,
  states: readonly NamedState[],
): Promise<void> {
  const enabled = states.filter(({ disabled }) => disabled !== null);
  const letters = store.retry(to);
  await print(`${letters} refused events will be sent again`);
  for (const { name } of enabled) await print(escapeControls(`${name} will be enabled`));
}

async function showLetters(
  store: DeliveryStore,
  { to, limit, json }: { readonly to?: string; readonly limit: number; readonly json?: boolean },
): Promise<void> {
  const rows = [["REFUSED", "DESTINATION", "TYPE", "ID", "WHY"]];
  for (const { event, destination, refusedAtMs, reason } of store.letters(to ?? null, limit)) {
    const refusedAt = new Date(refusedAtMs).toISOString();
    if (json) await printJson({ destination, refused_at: refusedAt, reason, event });
    else rows.push([refusedAt, destination, event.type, event.id, reason]);
  }
  if (!json) await printTable(rows);
}

async function showStates(
  states: readonly NamedState[],
  letters: ReadonlyMap<string, number>,
  json: boolean,
): Promise<void> {
  const titles = ["DESTINATION", "DELIVERED", "WAITING", "OLDEST", "EXPIRED", "FULL", "REFUSED"];
  const rows = [[...titles, "LETTERS", "LAST ERROR"]];
  for (const state of states) {
    const status = deliveryStatus(state);
    const dead = letters.get(state.name) ?? 0;
    if (json) {
      await printJson({ ...status, dead_letters: dead });
      continue;
    }
    const { destination, delivered, waiting, dropped, oldest_age_s, disabled } = status;
    rows.push([
      destination,
      ...[delivered, waiting].map(String),
      oldest_age_s === null ? "-" : inWords(oldest_age_s),
      ...[dropped.expired, dropped.full, dropped.refused, dead].map(String),
      (disabled === null ? status.last_error : `disabled: ${disabled}`) ?? "-",
    ]);
  }
  if (!json) await printTable(rows);
}

/** In the largest unit that is full. */
function inWords(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** Each column is as wide as its longest cell. */
async function printTable(rows: readonly (readonly string[])[]): Promise<void> {
  const shown = rows.map((cells) => cells.map(escapeControls));
  const widths = shown[0]!.map((_, column) =>
    Math.max(...shown.map((cells) => cells[column]!.length))
  );
  for (const cells of shown) {
    await print(cells.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
  }
}
