/** What a program left behind. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function runProgram(
  path: string,
  args: readonly string[],
  cwd: string | URL,
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const { code, stdout, stderr } = await new Deno.Command(path, {
    args: [...args],
    cwd,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}
