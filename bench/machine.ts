import { arch, cpus, release, totalmem } from "node:os";

/** What a figure was measured on; ratios travel between machines, absolute figures do not. */
export interface Machine {
  readonly date: string;
  readonly cores: number;
  readonly arch: string;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly deno: string;
  readonly ffmpeg: string;
}

/** Describes this machine without naming it. */
export async function describeMachine(): Promise<Machine> {
  const { stdout } = await new Deno.Command("ffmpeg", { args: ["-version"] }).output();
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    arch: arch(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release().split("-")[0] ?? "",
    deno: Deno.version.deno,
    ffmpeg: new TextDecoder().decode(stdout).split(" ")[2] ?? "",
  };
}
