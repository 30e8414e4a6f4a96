/** Python environments for tests against other people's clients and servers. */

const root = new URL("../../", import.meta.url);
const setupTimeoutMs = 300_000;

/** An environment that is there, or why it is not. */
export type PythonVenv =
  | { readonly python: string; readonly missing: null }
  | { readonly python: null; readonly missing: string };

/** Environments of hundreds of megabytes are made only where this is set. */
const largeOnes = "SIGHTLINE_INTEROP_LARGE";

/** Settings of {@link pythonVenv}. */
export interface VenvOptions {
  /** Megabytes on disk, where they are too many to be fetched unasked. */
  readonly largeMb?: number;
}

/**
 * The environment `.venv-interop/<name>` with what `requirements` (a file in this folder) lists;
 * made on first use, and again when the list has changed.
 */
export async function pythonVenv(
  name: string,
  requirements: string,
  { largeMb }: VenvOptions = {},
): Promise<PythonVenv> {
  const folder = new URL(`.venv-interop/${name}/`, root).pathname;
  const list = await Deno.readTextFile(new URL(requirements, import.meta.url));
  const python = `${folder}bin/python`;
  // Written last, so that an environment left half made is made again.
  const stamp = `${folder}installed.txt`;
  if (await Deno.readTextFile(stamp).catch(() => "") === list) return { python, missing: null };

  if (largeMb !== undefined && !Deno.env.get(largeOnes)) {
    return { python: null, missing: `${largeMb} MB; ${largeOnes}=1 has them fetched` };
  }

  const steps = [
    ["python3", "-m", "venv", "--clear", folder],
    // deno-fmt-ignore
    [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
      "--retries", "1", "--timeout", "15", "--requirement", requirements],
  ];
  for (const step of steps) {
    const problem = await run(step);
    if (problem !== null) return { python: null, missing: problem };
  }
  await Deno.writeTextFile(stamp, list);
  return { python, missing: null };
}

/** Runs a command in this folder; the last line of its complaint when it fails. */
async function run([program = "", ...args]: string[]): Promise<string | null> {
  const cwd = new URL(".", import.meta.url);
  try {
    const command = new Deno.Command(program, {
      args,
      cwd,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal: AbortSignal.timeout(setupTimeoutMs),
    });
    const { success, stderr } = await command.output();
    if (success) return null;
    const lines = new TextDecoder().decode(stderr).trim().split("\n");
    return `python ${args[0]} ${args[1]} failed: ${lines.at(-1)}`;
  } catch (error) {
    return `${program} cannot be run: ${(error as Error).message}`;
  }
}
