/** What the code under test logs. */

import { configure, getLogger, type Logger, type LogRecord, reset } from "@logtape/logtape";

const category = "logged in a test";

/** Runs `use` with a logger, and with the lines from INFO on that it wrote so far. */
export async function withLogLines<T>(
  use: (logger: Logger, lines: readonly string[]) => T | Promise<T>,
): Promise<T> {
  const lines: string[] = [];
  await configure({
    sinks: { memory: ({ message }: LogRecord) => void lines.push(message.join("")) },
    loggers: [
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
      { category, lowestLevel: "info", sinks: ["memory"] },
    ],
  });
  try {
    return await use(getLogger(category), lines);
  } finally {
    await reset();
  }
}
