/** Files that the settings name: looked at before anything starts, so that all is said at once. */

import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { doesNotExist, fileMessage } from "../log/system_message.ts";
import { type Element, kindOf, textOf } from "./kinds.ts";
import { type Problem, within } from "./problem.ts";
import type { Kind, Setting, SettingTable, ValuesOf } from "./setting.ts";

/** What is wrong with the files that right values name. */
export async function checkFiles<Table extends SettingTable>(
  table: Table,
  values: ValuesOf<Table>,
): Promise<Problem[]> {
  const problems = Object.entries(table).map(([name, row]) => {
    const value = (values as Readonly<Record<string, unknown>>)[name];
    return value === undefined ? [] : checkSetting(name, row, value);
  });
  return (await Promise.all(problems)).flat();
}

async function checkSetting(name: string, row: Setting, value: unknown): Promise<Problem[]> {
  const { within: inner, file } = row;
  if (inner !== undefined && "kinds" in inner) {
    return await checkElements(name, inner.kinds, value as readonly Element[]);
  }
  if (inner !== undefined && "table" in inner) {
    const problems = await checkFiles(inner.table, value as ValuesOf<SettingTable>);
    return problems.map((problem) => within([name], problem));
  }
  const named = file?.(value as never) ?? null;
  if (named === null) return [];
  const { path, use, hint = "", whyWrong } = named;
  const reason = use === "read" ? await whyNotReadable(path, whyWrong) : await whyNotWritable(path);
  if (reason === null) return [];
  const message = reason === doesNotExist ? reason + hint : reason;
  return [{ setting: name, value: path, message }];
}

async function checkElements(
  name: string,
  kinds: readonly Kind[],
  elements: readonly Element[],
): Promise<Problem[]> {
  const found = elements.map(async (one, element) => {
    const { kind, settings } = kindOf(kinds, one.kind)!;
    const problems = await checkFiles(settings, one.values);
    const [first] = Object.keys(settings);
    const value = textOf(kinds, one);
    // An element's own text names the file of its first setting only.
    return problems.map((problem) =>
      problem.setting === first
        ? { setting: name, element, value, message: problem.message }
        : { ...within([name, kind], problem), element }
    );
  });
  return (await Promise.all(found)).flat();
}

async function whyNotReadable(
  path: string,
  whyWrong: ((text: string) => string | null) | undefined,
): Promise<string | null> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return "is a directory, must be a file";
    await access(path, constants.R_OK);
    // A pipe or a device can be read once, or has no end.
    return whyWrong === undefined || !found.isFile()
      ? null
      : whyWrong(await readFile(path, "utf8"));
  } catch (error) {
    return fileMessage(error);
  }
}

/** A file that exists must be writable; for one that does not, its directory must be. */
async function whyNotWritable(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).isDirectory()) return "is a directory, must be a file";
    await access(path, constants.W_OK);
    return null;
  } catch (error) {
    if (codeOf(error) !== "ENOENT") return fileMessage(error, "write");
  }
  const directory = dirname(path);
  try {
    if (!(await stat(directory)).isDirectory()) return `cannot be written: ${directory} is a file`;
    await access(directory, constants.W_OK);
    return null;
  } catch (error) {
    return codeOf(error) === "ENOENT"
      ? `cannot be written: directory ${directory} does not exist`
      : fileMessage(error, "write");
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}
