/** One measurement of the suite. */
export interface Measurement {
  readonly name: string;
  readonly command: string;
  /** What the script printed; null when it failed. */
  readonly report: unknown;
}

/** What, figure, aim, and whether it is met. */
type Headline = readonly [string, string, string, string];

/** Where each figure stands in its report, and what it should be. */
interface Aim {
  readonly what: string;
  readonly measurement: string;
  figure(report: never): number;
  readonly unit?: string;
  /** At most, or at least; none for a figure without an aim. */
  readonly most?: number;
  readonly least?: number;
}

interface FloorReport {
  readonly arms: readonly { readonly name: string; sightlineOver: number; rssMb: number }[];
}

const arm = (name: string) => ({ arms }: FloorReport) => arms.find((arm) => arm.name === name)!;

const aims: readonly Aim[] = [
  {
    what: "CPU over ffmpeg's, 1 × 1080p30",
    measurement: "floor",
    figure: (report) => arm("ffmpeg alone")(report).sightlineOver,
    most: 1.15,
  },
  {
    what: "resident memory, 1 stream",
    measurement: "floor",
    figure: (report) => arm("sightline")(report).rssMb,
    unit: "MB",
    most: 200,
  },
  {
    what: "CPU over ffmpeg's, 16 × 1080p5",
    measurement: "floor16",
    figure: (report) => arm("ffmpeg alone")(report).sightlineOver,
    most: 1.15,
  },
  {
    what: "file, frames a second over ffmpeg's",
    measurement: "unpaced",
    figure: ({ steadyOverFfmpeg }: { steadyOverFfmpeg: number }) => steadyOverFfmpeg,
    least: 0.9,
  },
  ...["age", "age16"].map((measurement): Aim => ({
    what: `p99 age over decode time, ${
      measurement === "age" ? "1 × 30 fps" : "16 × 5 fps of 1 Mbit/s"
    }`,
    measurement,
    figure: ({ overDecodeMs }: { overDecodeMs: { p99: number } }) => overDecodeMs.p99,
    unit: "ms",
    most: 10,
  })),
  {
    what: "640×360 streams at 10 fps in one process",
    measurement: "scale",
    figure: ({ largest }: { largest: number }) => largest,
  },
  ...["camera listens", "model server serves", "model server thawed", "Sightline thawed"].map(
    (from): Aim => ({
      what: `${from} → results as before`,
      measurement: "recovery",
      figure: ({ figures }: { figures: Record<string, number[]> }) => {
        const all = Object.entries(figures).find(([name]) => name.startsWith(from))![1];
        return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;
      },
      unit: "ms",
      ...(from.endsWith("thawed") && { most: 1000 }),
    }),
  ),
  {
    what: "soak: promises broken",
    measurement: "soak",
    figure: ({ broken }: { broken: string[] }) => broken.length,
    most: 0,
  },
  {
    what: "soak: memory a minute",
    measurement: "soak",
    figure: ({ memoryMbPerMinute }: { memoryMbPerMinute: number }) => memoryMbPerMinute,
    unit: "MB",
    most: 1,
  },
];

/** A row for each figure of the measurements that were made. */
export function headlines(measurements: readonly Measurement[]): Headline[] {
  return measurements.flatMap(({ name, report }) =>
    report === null
      ? [[name, "failed", "", "MISSED"] as const]
      : aims.filter(({ measurement }) => measurement === name).map((aim) => headline(aim, report))
  );
}

function headline({ what, figure, unit, most, least }: Aim, report: unknown): Headline {
  const value = figure(report as never);
  const words = `${round(value)}${unit === undefined ? "" : ` ${unit}`}`;
  if (most !== undefined) return [what, words, `≤ ${most}`, value <= most ? "met" : "MISSED"];
  if (least !== undefined) return [what, words, `≥ ${least}`, value >= least ? "met" : "MISSED"];
  return [what, words, "", ""];
}

/** Three digits that say something. */
function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
