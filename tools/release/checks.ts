/** What must hold before a release; each check resolves to what is wrong, one line each. */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { licencePage, strangeLicences } from "./licences.ts";
import { packages } from "./packages.ts";
import { runReadmeCommands } from "./readme_commands.ts";
import { sbom } from "./sbom.ts";

const root = new URL("../../", import.meta.url);

/** What the checks are told. */
export interface CheckOptions {
  /** The release's tag, such as `v0.1.0`; null = none yet, and the changelog may say Unreleased. */
  readonly tag: string | null;
  readonly print: (line: string) => void;
}

/** One check. */
export interface Check {
  readonly name: string;
  run(options: CheckOptions): Promise<string[]>;
}

/** All of them, quick ones first. */
export const checks: readonly Check[] = [
  { name: "the version stands in one place, and all others follow it", run: checkVersion },
  { name: "CHANGELOG.md has an entry", run: checkChangelog },
  { name: "licences are known, allowed, and in docs/dependencies.md", run: checkLicences },
  { name: "dist/sightline.cdx.json is written", run: writeSbom },
  { name: "the documentation's flags are the parser's", run: checkDocs },
  { name: "README's commands run in a clean clone", run: checkReadme },
];

/** The version in deno.json: the one place. */
async function projectVersion(): Promise<string> {
  return JSON.parse(await read("deno.json")).version;
}

/** `docs/dependencies.md` as it should be. */
export async function dependenciesPage(): Promise<string> {
  return licencePage(await packages());
}

async function checkVersion({ tag }: CheckOptions): Promise<string[]> {
  const version = await projectVersion();
  const chart = await read("deploy/helm/sightline/Chart.yaml");
  const problems = ["version", "appVersion"].flatMap((key) => {
    const [, given] = RegExp(`^${key}: (.*)$`, "m").exec(chart) ?? [];
    return given === version ? [] : `Chart.yaml has ${key} ${given}, deno.json ${version}`;
  });
  if (tag !== null && tag !== `v${version}`) problems.push(`the tag is ${tag}, not v${version}`);
  return problems;
}

async function checkChangelog({ tag, print }: CheckOptions): Promise<string[]> {
  const version = await projectVersion();
  const sections = (await read("CHANGELOG.md")).split(/^## /m).slice(1);
  const entry = sections.find((section) => section.startsWith(`[${version}]`));
  if (entry !== undefined) {
    return /^\[[^\]]+\] - \d{4}-\d\d-\d\d\n[^]*^- /m.test(entry)
      ? []
      : [`the entry of ${version} has no date or no item`];
  }
  const unreleased = sections.find((section) => section.startsWith("[Unreleased]"));
  if (tag !== null || !/^- /m.test(unreleased ?? "")) return [`there is none for ${version}`];
  print(`${version} is not released yet: its changes stand under Unreleased`);
  return [];
}

async function checkLicences(): Promise<string[]> {
  const all = await packages();
  const problems = strangeLicences(all).map(({ name, version, license }) =>
    `${name}@${version} is under ${license}`
  );
  const isCurrent = await read("docs/dependencies.md") === licencePage(all);
  return isCurrent
    ? problems
    : [...problems, "docs/dependencies.md is old: deno task release:files"];
}

async function writeSbom({ print }: CheckOptions): Promise<string[]> {
  const { license, version } = JSON.parse(await read("deno.json"));
  const all = await packages();
  // The commit's own time, so that a commit has one bill of materials.
  const { stdout } = await run("git", ["log", "-1", "--format=%cI"]);
  const timestamp = new Date(stdout.trim()).toISOString();
  const text = sbom({ name: "sightline", version, license, packages: all, timestamp });
  await Deno.mkdir(new URL("dist/", root), { recursive: true });
  await Deno.writeTextFile(new URL("dist/sightline.cdx.json", root), text);
  print(`${all.filter(({ development }) => !development).length} packages`);
  return [];
}

async function checkDocs(): Promise<string[]> {
  const { code, stdout } = await run(Deno.execPath(), ["test", "-A", "-q", "tests/docs_test.ts"]);
  return code === 0 ? [] : stdout.trim().split("\n");
}

async function checkReadme({ print }: CheckOptions): Promise<string[]> {
  const folder = await Deno.makeTempDir({ prefix: "sightline_release_" });
  try {
    const clone = join(folder, "sightline");
    const { code, stderr } = await run("git", ["clone", "--quiet", "--no-hardlinks", ".", clone]);
    if (code !== 0) return [stderr];
    return await runReadmeCommands(clone, print);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, root));
}

async function run(program: string, args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: fileURLToPath(root),
    env: { NO_COLOR: "1", PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}` },
    stdin: "null",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}
