/** A camera that shows the wall clock in its pixels, so that the age of a picture can be seen in it. */

/** How its pictures are. */
export interface ClockShape {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** A strip of noise, which takes some 200 kB/s to encode. @default {false} */
  readonly noisy?: boolean;
  /** Pictures from one key frame to the next. @default {fps} */
  readonly group?: number;
  /** It refreshes its pictures bit by bit, and we come when its only key frame has gone by. @default {false} */
  readonly keyless?: boolean;
}

/** The clock is so many bits of milliseconds, in blocks of so many pixels of a picture 640 wide. */
const clockBits = 20;
const blockWidth = 20;
const blockHeight = 16;
const left = 40;
/** Addresses of one encoder: so many listen at a time, on two cores. */
const mostOutputs = 8;
const [dark, bright] = [16, 235];

/**
 * The clock in the middle row of a picture, 640 bytes of grey: milliseconds modulo 2^20; null when it
 * cannot be read. `view_page.ts` reads it in the browser likewise.
 */
export function readClock(row: Uint8Array): number | null {
  const value = (at: number) => row[left + blockWidth / 2 + at * blockWidth]!;
  if (value(0) < 120 || value(1) > 100) return null;
  const isOne = (at: number): number => value(at) > value(1) + 60 ? 1 : 0;
  const bits = Array.from({ length: clockBits }, (_, at) => isOne(2 + at));
  const parity = bits.reduce((sum, bit) => sum ^ bit, 0);
  if (parity !== isOne(2 + clockBits)) return null;
  return bits.reduce((clock, bit) => clock * 2 + bit, 0);
}

/** Milliseconds since a clock that was read. */
export function ageOfClock(clock: number, nowMs = Date.now()): number {
  return (nowMs - clock) & (2 ** clockBits - 1);
}

/**
 * Pushes pictures to Sightline, or whatever listens, over RTSP: one encoder for some addresses. The
 * time in a picture is when it was handed to the encoder.
 */
export function startClockCamera(shape: ClockShape, urls: readonly string[]): AsyncDisposable {
  const ending = new AbortController();
  const groups = Array.from(
    { length: Math.ceil(urls.length / mostOutputs) },
    (_, at) => urls.slice(at * mostOutputs, (at + 1) * mostOutputs),
  );
  const pushing = Promise.all(groups.map(async (group) => {
    while (!ending.signal.aborted) await push(shape, group, ending.signal);
  }));
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await pushing;
    },
  };
}

/** Until the encoder ends, as it does when somebody does not listen yet. */
async function push(
  shape: ClockShape,
  urls: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { width, height, fps, noisy = false, group = fps, keyless = false } = shape;
  const outputs = urls.map((url) => `[f=rtsp:rtsp_transport=tcp]${url}`).join("|");
  const child = new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "quiet", "-f", "rawvideo", "-pix_fmt", "gray", "-s", `${width}x${height}`],
      ...["-r", String(fps), "-i", "-", "-c:v", "libx264", "-preset", "ultrafast"],
      ...["-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", String(group), "-bf", "0"],
      ...(keyless ? ["-x264-params", "intra-refresh=1"] : []),
      ...(keyless ? ["-bsf:v", "noise=amount=0:drop=lt(n\\,10)"] : []),
      ...["-threads", "1", "-map", "0:v", "-flags", "+global_header", "-f", "tee", outputs],
    ],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  const frame = new Uint8Array(width * height);
  const startMs = performance.now();
  try {
    for (let number = 0; !signal.aborted; number++) {
      const waitMs = startMs + number * 1000 / fps - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      draw(frame, width, height, number, Date.now());
      if (noisy) crypto.getRandomValues(frame.subarray(-20 * width));
      await input.write(frame);
    }
  } catch {
    // It has ended.
  }
  await input.close().catch(() => {});
  try {
    child.kill("SIGKILL");
  } catch {
    // It is gone.
  }
  await child.status;
  if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 300));
}

/** The clock in the middle, a square that moves above it. */
function draw(
  frame: Uint8Array,
  width: number,
  height: number,
  number: number,
  nowMs: number,
): void {
  const scale = width / 640;
  for (let y = 0; y < height; y++) {
    const row = frame.subarray(y * width, (y + 1) * width);
    for (let x = 0; x < width; x++) row[x] = 60 + (x * 60 / width);
  }
  const fill = (x0: number, y0: number, w: number, h: number, value: number) => {
    for (let y = Math.round(y0 * scale); y < Math.round((y0 + h) * scale); y++) {
      frame.fill(
        value,
        y * width + Math.round(x0 * scale),
        y * width + Math.round((x0 + w) * scale),
      );
    }
  };
  fill((number * 7) % 600, 20, 40, 40, 200);
  const clock = nowMs % 2 ** clockBits;
  const bits = Array.from({ length: clockBits }, (_, at) => clock >> (clockBits - 1 - at) & 1);
  const parity = bits.reduce((sum, bit) => sum ^ bit, 0);
  [1, 0, ...bits, parity].forEach((bit, at) => {
    fill(
      left + at * blockWidth,
      180 - blockHeight / 2,
      blockWidth,
      blockHeight,
      bit ? bright : dark,
    );
  });
}
