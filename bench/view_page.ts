/** What runs in the page of a measurement of the live view: functions that the browser is given. */

// deno-lint-ignore-file no-explicit-any -- the browser's globals are not Deno's

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
  /** Each second: how old the picture on the screen is by its pixels, and by what the page says. */
  readonly shown: { readonly pixelsMs: number; readonly saidMs: number | null }[];
}

/**
 * Watches all streams of the page for so long. With many it looks in turn at one each time, since
 * looking costs more than what is looked at.
 */
export async function watchStreams(seconds: number): Promise<Seen[]> {
  const { document, requestAnimationFrame } = globalThis as any;
  const elements = [...document.querySelectorAll("sightline-stream")];
  const row = document.createElement("canvas");
  row.width = 640;
  row.height = 1;
  const context = row.getContext("2d", { willReadFrequently: true });
  const read = (element: any): number | null => {
    const { canvas } = element;
    context.drawImage(canvas, 0, Math.floor(canvas.height / 2), canvas.width, 1, 0, 0, 640, 1);
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
  const age = (clock: number) => (Date.now() - clock) & 0xfffff;
  const seen = elements.map(() => ({ last: -1, agesMs: [] as number[], shown: [] as any[] }));
  const endMs = performance.now() + seconds * 1000;
  let nextMs = performance.now();
  for (let turn = 0; performance.now() < endMs; turn++) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const isSecond = performance.now() >= nextMs;
    if (isSecond) nextMs += 1000;
    const looked = elements.length <= 2 ? elements.keys() : [turn % elements.length];
    for (const index of looked) {
      const stream = seen[index]!;
      const clock = read(elements[index]);
      if (clock === null) continue;
      if (isSecond) {
        stream.shown.push({ pixelsMs: age(clock), saidMs: elements[index].ageMs });
      }
      if (clock === stream.last) continue;
      stream.last = clock;
      stream.agesMs.push(age(clock));
    }
  }
  return seen.map(({ agesMs, shown }) => ({ agesMs, shown }));
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
