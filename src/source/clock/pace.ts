/** ffmpeg's options for reading a file in real time. */

/** From 6.1 on, `-re` begins with half a second at once, and 0 stands for that half second too. */
const withoutBurst = ["-re", "-readrate_initial_burst", "0.001"];

let found: Promise<readonly string[]> | undefined;

/** Options before `-i` for the pace of the clock; ffmpeg is asked once which of them it knows. */
export function clockPace(): Promise<readonly string[]> {
  return found ??= knows(withoutBurst).then((known) => known ? withoutBurst : ["-re"]);
}

async function knows(options: readonly string[]): Promise<boolean> {
  const nothing = ["-f", "lavfi", "-i", "nullsrc", "-t", "0", "-f", "null", "-"];
  try {
    const { success } = await new Deno.Command("ffmpeg", {
      args: ["-v", "quiet", "-nostdin", ...options, ...nothing],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    // Without ffmpeg its own start fails, and says so.
    return false;
  }
}
