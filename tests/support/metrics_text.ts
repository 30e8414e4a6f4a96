/** Reads what `/metrics` gives, as Prometheus would. */

/** Values by series, such as `sightline_viewers{stream="door"}`. */
export function parseMetrics(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const space = line.lastIndexOf(" ");
    const name = line.slice(0, space);
    if (series.has(name)) throw new Error(`Twice the same series: ${name}`);
    series.set(name, Number(line.slice(space + 1)));
  }
  return series;
}

/** Names of the families that count, whose values must never fall. */
function counterNames(text: string): Set<string> {
  const names = text.matchAll(/^# TYPE (\S+) (counter|histogram)$/gm);
  return new Set(Array.from(names, ([, name]) => name!));
}

/** The series of counters and histograms in `after` that are below those in `before`. */
export function fallen(before: string, after: string): string[] {
  const counters = counterNames(before);
  const now = parseMetrics(after);
  return [...parseMetrics(before)].filter(([series, value]) => {
    const name = series.replace(/\{.*/, "").replace(/_(bucket|sum|count)$/, "");
    const isCounter = counters.has(name) || counters.has(series.replace(/\{.*/, ""));
    return isCounter && (now.get(series) ?? 0) < value;
  }).map(([series]) => series);
}

/** Where Prometheus's own checker is; null when it is not installed. */
export const promtool: string | null = await findPromtool();

/** Added to the names of tests that need it. */
export const promtoolReason: string = promtool === null
  ? " (ignored: needs promtool; apt install prometheus)"
  : "";

/** Runs promtool; throws with what it says when it objects. */
export async function runPromtool(args: readonly string[], input = ""): Promise<void> {
  const child = new Deno.Command(promtool!, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const words = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
  // It also exits with 0 and words when it only dislikes a name.
  if (code !== 0 || (args[1] === "metrics" && words !== "")) throw new Error(words);
}

async function findPromtool(): Promise<string | null> {
  const { success, stdout } = await new Deno.Command("sh", {
    args: ["-c", "command -v promtool"],
  }).output();
  return success ? new TextDecoder().decode(stdout).trim() : null;
}
