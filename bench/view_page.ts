/** What runs in the page of a measurement of the live view: functions that the browser is given. */

// deno-lint-ignore-file no-explicit-any -- the browser's globals are not Deno's

/** Runs in each page before all else: `clockOf(image, width, height)` is the clock in it, or null. */
export function installClock(): void {
  const page = globalThis as any;
  let context: any = null;
  page.clockOf = (image: any, width: number, height: number): number | null => {
    if (context === null) {
      const row = page.document.createElement("canvas");
      row.width = 640;
      row.height = 1;
      context = row.getContext("2d", { willReadFrequently: true });
    }
    context.drawImage(image, 0, Math.floor(height / 2), width, 1, 0, 0, 640, 1);
    const { data } = context.getImageData(0, 0, 640, 1);
    const value = (at: number) => data[4 * (50 + at * 20)];
    if (value(0) < 120 || value(1) > 100) return null;
    let clock = 0;
    let ones = 0;
    for (let at = 0; at < 20; at++) {
      const bit = value(2 + at) > value(1) + 60 ? 1 : 0;
      clock = clock * 2 + bit;
      ones += bit;
    }
    return (ones & 1) === (value(22) > value(1) + 60 ? 1 : 0) ? clock : null;
  };
}

/** Fills the page with streams. */
export async function showStreams(
  { names, mode, columns }: { names: string[]; mode: string; columns: number },
): Promise<void> {
  const { document } = globalThis as any;
  const module = "/static/live/sightline_stream.js";
  await import(module);
  const elements = names.map((name) => {
    const element = document.createElement("sightline-stream");
    element.setAttribute("stream", name);
    element.setAttribute("mode", mode);
    return element;
  });
  Object.assign(document.body.style, {
    display: "grid",
    gridTemplateColumns: `repeat(${columns}, 1fr)`,
    margin: "0",
  });
  document.body.replaceChildren(...elements);
}

/** What was seen of a stream while it was watched. */
export interface Seen {
  /** Milliseconds from the clock in each new picture to its being on the screen. */
  readonly agesMs: number[];
  /** Now and then: how old the picture on the screen is by its pixels, and by what the page says. */
  readonly shown: {
    readonly atMs: number;
    readonly pixelsMs: number;
    readonly saidMs: number | null;
    /** What of it lies before Sightline had the packet. */
    readonly beforeMs: number;
  }[];
}

/**
 * Watches all streams of the page for so long, and what the page says every `saidEveryMs`. With many
 * it looks in turn at one each time, since looking costs more than what is looked at.
 */
export async function watchStreams(
  { seconds, saidEveryMs = 1000 }: { seconds: number; saidEveryMs?: number },
): Promise<Seen[]> {
  const { document, requestAnimationFrame, clockOf } = globalThis as any;
  const elements = [...document.querySelectorAll("sightline-stream")];
  const read = ({ canvas }: any): number | null => clockOf(canvas, canvas.width, canvas.height);
  const age = (clock: number) => (Date.now() - clock) & 0xfffff;
  const seen = elements.map(() => ({ last: -1, agesMs: [] as number[], shown: [] as any[] }));
  const capturedAtMs: number[] = [];
  elements.forEach((element, index) =>
    element.addEventListener("sightline-picture", ({ detail }: any) => {
      capturedAtMs[index] = detail.capturedAtUs / 1000;
    })
  );
  const endMs = performance.now() + seconds * 1000;
  let nextMs = performance.now();
  for (let turn = 0; performance.now() < endMs; turn++) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const isDue = performance.now() >= nextMs;
    if (isDue) nextMs = performance.now() + saidEveryMs;
    const looked = elements.length <= 2 ? elements.keys() : [turn % elements.length];
    for (const index of looked) {
      const stream = seen[index]!;
      const clock = read(elements[index]);
      if (clock === null || capturedAtMs[index] === undefined) continue;
      if (isDue) {
        const [atMs, pixelsMs] = [performance.now(), age(clock)];
        const beforeMs = (capturedAtMs[index]! - clock) & 0xfffff;
        stream.shown.push({ atMs, pixelsMs, saidMs: elements[index].ageMs, beforeMs });
      }
      if (clock === stream.last) continue;
      stream.last = clock;
      stream.agesMs.push(age(clock));
    }
  }
  return seen.map(({ agesMs, shown }) => ({ agesMs, shown }));
}

/**
 * Joins a stream, and leaves it: milliseconds from the asking to its first picture on the page, and
 * to the first that is no older than 500 ms; null = not within 20 s.
 */
export async function timeJoin(
  name: string,
): Promise<[first: number | null, young: number | null]> {
  const { document } = globalThis as any;
  const module = "/static/live/sightline_stream.js";
  await import(module);
  const element = document.createElement("sightline-stream");
  element.setAttribute("stream", name);
  element.setAttribute("mode", "prompt");
  const startMs = performance.now();
  const times: [number | null, number | null] = [null, null];
  const joined = new Promise<void>((resolve) =>
    element.addEventListener("sightline-picture", ({ detail }: any) => {
      times[0] ??= performance.now() - startMs;
      if (detail.ageMs === null || detail.ageMs > 500) return;
      times[1] ??= performance.now() - startMs;
      resolve();
    })
  );
  document.body.replaceChildren(element);
  await Promise.race([joined, new Promise((resolve) => setTimeout(resolve, 20_000))]);
  element.remove();
  return times;
}

/** Of pictures with a square that moves, how many had the square's box elsewhere, or none. */
export async function watchBoxes(
  { color: [red, green, blue], pictures, margin }: {
    color: number[];
    pictures: number;
    margin: number;
  },
): Promise<{ seen: number; wrong: number; without: number }> {
  const { document, requestAnimationFrame } = globalThis as any;
  const { canvas } = document.querySelector("sightline-stream");
  const row = document.createElement("canvas");
  row.width = 640;
  row.height = 1;
  const context = row.getContext("2d", { willReadFrequently: true });
  const found = { seen: 0, wrong: 0, without: 0 };
  let last = -1;
  while (found.seen < pictures) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    // Through the middle of the square.
    context.drawImage(canvas, 0, Math.floor(canvas.height / 9), canvas.width, 1, 0, 0, 640, 1);
    const { data } = context.getImageData(0, 0, 640, 1);
    const find = (r: number, g: number, b: number, within: number) => {
      for (let x = 0; x < 640; x++) {
        const [R, G, B] = data.slice(x * 4, x * 4 + 3);
        if (Math.abs(R - r) + Math.abs(G - g) + Math.abs(B - b) < within) return x;
      }
      return null;
    };
    const square = find(204, 204, 204, 75);
    // At the picture's edge the left side of the box is cut off.
    if (square === null || square < 2 * margin || square === last) continue;
    last = square;
    found.seen++;
    const box = find(red!, green!, blue!, 100);
    if (box === null) found.without++;
    else if (Math.abs(square - margin - box) > 3) found.wrong++;
  }
  return found;
}

/** The same of the page of a peer, which has a video element: ages of its pictures. */
export async function watchVideo(seconds: number): Promise<number[]> {
  const { document, requestAnimationFrame, clockOf } = globalThis as any;
  const agesMs: number[] = [];
  let last = -1;
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const video = document.querySelector("video");
    const clock = video?.videoWidth ? clockOf(video, video.videoWidth, video.videoHeight) : null;
    if (clock === null || clock === last) continue;
    last = clock;
    agesMs.push((Date.now() - clock) & 0xfffff);
  }
  return agesMs;
}

/** Pictures that each stream drew within so many seconds. */
export async function countPictures(seconds: number): Promise<number[]> {
  const { document } = globalThis as any;
  const elements = [...document.querySelectorAll("sightline-stream")];
  const counts = elements.map(() => 0);
  elements.forEach((element, index) =>
    element.addEventListener("sightline-picture", () => counts[index]!++)
  );
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return counts;
}
