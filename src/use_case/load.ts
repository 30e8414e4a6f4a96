/** From a path or URL to the factory that a plugin exports. */

import { pathToFileURL } from "node:url";
import { basename } from "node:path";
import { UseCaseError } from "./use_case_error.ts";
import type { UseCaseFactory } from "./use_case.ts";

/** The URL of a plugin that was given as a path (from the working directory) or as a URL. */
export function pluginUrl(module: string): URL {
  return /^(https?|file):/i.test(module) ? new URL(module) : pathToFileURL(module);
}

/** What a plugin is called in records and log lines: its file name without the ending. */
export function pluginName(module: string): string {
  return basename(pluginUrl(module).pathname).replace(/\.[^.]+$/, "");
}

/**
 * Imports a plugin and returns its default export.
 * @throws {UseCaseError} when it cannot be loaded or has no factory.
 */
export async function loadUseCase(module: string): Promise<UseCaseFactory> {
  let namespace: Record<string, unknown>;
  try {
    namespace = await import(pluginUrl(module).href);
  } catch (cause) {
    throw new UseCaseError(`Cannot load plugin ${module}: ${firstLine(cause)}`, { cause });
  }
  const factory = namespace["default"];
  if (typeof factory !== "function") {
    throw new UseCaseError(
      `Cannot use plugin ${module}: its default export is ${kindOf(factory)}, ` +
        `it must be a function that returns a use case`,
    );
  }
  return factory as UseCaseFactory;
}

function kindOf(value: unknown): string {
  return value === undefined ? "missing" : value === null ? "null" : `of type ${typeof value}`;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? "";
}
