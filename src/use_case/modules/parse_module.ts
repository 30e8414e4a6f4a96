/** Parses a module for its imports and the permissions that it requests, without running it. */

import { stripTypeScriptTypes } from "node:module";
import { type AnyNode, type Comment, type Literal, parse, type Program } from "acorn";
import type { Permissions } from "../permissions.ts";
import { permissionKinds } from "../permissions.ts";
import { splice } from "./splice.ts";
import { UseCaseError } from "../use_case_error.ts";

/** An import that Deno loads before the module runs, which asks no permission of it. */
export interface ModuleImport {
  readonly specifier: string;
  /** Where the specifier stands in the code, quotes included. */
  readonly start: number;
  readonly end: number;
}

/** A module as it will run. */
export interface ParsedModule {
  /** JavaScript. */
  readonly code: string;
  /** From that to the source, as JSON; null where lines are the same. */
  readonly map: string | null;
  readonly imports: readonly ModuleImport[];
  /** Every specifier that Deno would load if it were given the source itself. */
  readonly reached: readonly string[];
  /**
   * False when the code has to run in place of the source: when `reached` may lack an import, which
   * nothing uses and Deno would load all the same, and when a comment names a source map, which Deno
   * would fetch.
   */
  readonly mayRunAsIs: boolean;
  /** What `export const permissions` asks for. */
  readonly permissions: Permissions;
}

/**
 * Parses a module. Imports of types are gone, as they are when Deno runs it.
 *
 * The parser is acorn, a whole one: a lexer that guesses could be led past an import.
 *
 * @throws {UseCaseError} for a syntax error, and for an import whose specifier is computed
 */
export function parseModule(url: string, source: string): ParsedModule {
  if (!/\.m?ts$/.test(new URL(url).pathname)) {
    const { code, program } = parseCode(url, source);
    const imports = findImports(url, program);
    const reached = imports.map(({ specifier }) => specifier);
    const permissions = findPermissions(url, program);
    return { code, map: null, imports, reached, mayRunAsIs: !orders.test(source), permissions };
  }
  // As Deno transpiles: imports that nothing uses are taken for types.
  const { code: made, map } = transform(url, source);
  const { code, program } = parseCode(url, made);
  const imports = findImports(url, program);
  // But Deno loads those too. The mode that keeps them cannot do enums and the like.
  const kept = tryStrip(url, source);
  const reached = (kept === null ? imports : findImports(url, parseCode(url, kept).program))
    .map(({ specifier }) => specifier);
  return {
    code,
    map,
    imports,
    reached,
    mayRunAsIs: (kept !== null || !elsewhere.test(source)) && !orders.test(source),
    permissions: findPermissions(url, program),
  };
}

/** What a specifier of no file begins with, and the escapes that could hide it. */
const elsewhere = /\b(https?|npm|jsr|data|blob|node):|\\[xu]/i;
/** A comment that tells V8 where a source map lies, or how the module is to be called. */
const orders = /source(Mapping)?URL/;

function strip(url: string, source: string, mode: "strip" | "transform"): string {
  try {
    // The types of node:module know only of "strip".
    const options = { mode, sourceMap: mode === "transform" } as { mode: "strip" };
    return stripTypeScriptTypes(source, options);
  } catch (cause) {
    throw unreadable(url, cause);
  }
}

const mapComment = "\n//# sourceMappingURL=data:application/json;base64,";

function transform(url: string, source: string): { readonly code: string; readonly map: string } {
  const made = strip(url, source, "transform");
  const end = made.lastIndexOf(mapComment);
  return { code: made.slice(0, end + 1), map: atob(made.slice(end + mapComment.length)) };
}

function tryStrip(url: string, source: string): string | null {
  try {
    return strip(url, source, "strip");
  } catch {
    return null;
  }
}

/** The module, and its code without comments that would have anything looked up. */
function parseCode(url: string, code: string): { code: string; program: Program } {
  const comments: Comment[] = [];
  try {
    const program = parse(code, {
      ...{ ecmaVersion: "latest", sourceType: "module" },
      onComment: comments,
    });
    return { code: withoutOrders(code, comments), program };
  } catch (cause) {
    throw unreadable(url, cause);
  }
}

/** Of the same length, so that every place in the code stays where it is. */
function withoutOrders(code: string, comments: readonly Comment[]): string {
  return splice(
    code,
    comments.filter(({ value }) => orders.test(value)).map(({ start, end }) => {
      return { start, end, text: code.slice(start, end).replace(/[^\n\r\u2028\u2029]/g, " ") };
    }),
  );
}

/** With the place, and without the parser's own excerpt of the source. */
function unreadable(url: string, cause: unknown): UseCaseError {
  const { message } = cause as Error;
  const [first = ""] = message.split("\n", 1);
  const words = first.replace(/^SyntaxError: /, "");
  const [, row, column] = /\n\s+at \S+?:(\d+):(\d+)$/.exec(message) ?? [];
  const place = row === undefined ? "" : `:${row}:${column}`;
  return new UseCaseError(`Cannot load plugin module ${url}${place}: ${words}`, { cause });
}

function findImports(url: string, program: Program): ModuleImport[] {
  const imports: ModuleImport[] = [];
  const refuse = (what: string) => new UseCaseError(`Cannot load plugin module ${url}: ${what}`);
  visit(program, (node) => {
    const name = nameOf(node);
    if (loaders.has(name)) {
      throw refuse(`it names ${name}, which loads modules that were not checked; import them`);
    }
    switch (node.type) {
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "ExportNamedDeclaration":
        if (node.source) imports.push(toImport(node.source));
        for (const { key, value } of node.attributes ?? []) {
          if (textOf(key) !== "type" || value.value !== "json") throw refuse(onlyJson);
        }
        break;
      case "ImportExpression":
        // Deno also follows concatenations and templates, as far as it understands them.
        if (typeof (node.source as Literal).value !== "string") {
          throw refuse("import() must have a literal specifier");
        }
        if (node.options && !isJsonOption(node.options)) throw refuse(onlyJson);
        imports.push(toImport(node.source as Literal));
    }
    if (imports.length > maxImports) throw refuse(`it has more than ${maxImports} imports`);
  });
  return imports;
}

/** Of one module: each is looked up, and a plugin has 256 modules at most. */
const maxImports = 1000;

/** What Node and CommonJS load modules by. */
const loaders: ReadonlySet<unknown> = new Set(["getBuiltinModule", "createRequire"]);
const onlyJson = 'the only attribute of an import may be with { type: "json" }';

/** The name that a node stands for, as an identifier or as the text of a computed one. */
function nameOf(node: AnyNode): unknown {
  if (node.type === "Identifier" || node.type === "Literal") return textOf(node);
  return node.type === "TemplateElement" ? node.value.cooked : null;
}

function textOf(key: AnyNode): unknown {
  return key.type === "Identifier" ? key.name : (key as Literal).value;
}

function isJsonOption(options: AnyNode): boolean {
  return JSON.stringify(toValue(options)) === '{"with":{"type":"json"}}';
}

function toImport({ value, start, end }: Literal): ModuleImport {
  return { specifier: String(value), start, end };
}

function visit(node: AnyNode, use: (node: AnyNode) => void): void {
  use(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === "string") visit(child, use);
    }
  }
}

function findPermissions(url: string, program: Program): Permissions {
  for (const node of program.body) {
    if (node.type !== "ExportNamedDeclaration") continue;
    const named = node.specifiers.some(({ exported }) =>
      (exported.type === "Identifier" ? exported.name : exported.value) === "permissions"
    );
    if (named) throw wrongPermissions(url);
    if (node.declaration?.type !== "VariableDeclaration") continue;
    for (const { id, init } of node.declaration.declarations) {
      if (textOf(id) !== "permissions") continue;
      return checkPermissions(url, init && toValue(init));
    }
  }
  return {};
}

/** The value of a literal; undefined for anything that would have to be run. */
function toValue(node: AnyNode): unknown {
  switch (node.type) {
    case "Literal":
      return node.value;
    case "ArrayExpression":
      return node.elements.map((element) => element && toValue(element));
    case "ObjectExpression":
      return Object.fromEntries(node.properties.map((property) => {
        if (property.type !== "Property" || property.computed) return ["", undefined];
        const { key, value } = property;
        const name = key.type === "Identifier" ? key.name : String((key as Literal).value);
        return [name, toValue(value)];
      }));
  }
  return undefined;
}

function checkPermissions(url: string, value: unknown): Permissions {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrongPermissions(url);
  }
  for (const [kind, wanted] of Object.entries(value)) {
    const isKind = permissionKinds.some((known) => known === kind);
    const isList = Array.isArray(wanted) && wanted.length > 0 &&
      wanted.every((one) => typeof one === "string" && /^[^,*\s][^,*]*$/.test(one));
    if (!isKind || !(wanted === true || isList)) throw wrongPermissions(url);
  }
  return value as Permissions;
}

function wrongPermissions(url: string): UseCaseError {
  return new UseCaseError(
    `Cannot load plugin module ${url}: "export const permissions" must be a literal such as ` +
      `{ net: ["example.com"], read: ["./zones.json"] }, with ${permissionKinds.join(", ")}`,
  );
}
