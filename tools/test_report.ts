/** What came of the tests of one file; steps count as part of their test. */
export interface TestReport {
  readonly file: string;
  readonly passed: number;
  /** Names of the failed tests, each with what was wrong. */
  readonly failed: readonly string[];
  /** Names of the ignored tests; by our convention each name carries its reason. */
  readonly ignored: readonly string[];
  /** How long they took, one after the other. */
  readonly seconds: number;
}

/**
 * Reads the JUnit file that `deno test --junit-path` writes.
 *
 * By hand rather than with an XML library: the one writer is Deno itself, and of its output only
 * `testcase`, `failure` and `skipped` matter.
 */
export function readTestReports(junit: string): TestReport[] {
  return junit.split("<testsuite ").slice(1).map(readReport);
}

function readReport(suite: string): TestReport {
  const file = nameOf(suite).replace(/^\.\//, "");
  const ignored: string[] = [];
  let passed = 0;
  const failed: string[] = [];
  const seen: string[] = [];
  let seconds = 0;
  for (const testcase of suite.split("<testcase ").slice(1)) {
    const name = nameOf(testcase);
    // Deno writes the step "s" of the test "t" as "t > s", after its test.
    if (seen.some((parent) => name.startsWith(`${parent} > `))) continue;
    seen.push(name);
    seconds += Number(/ time="([\d.]+)"/.exec(testcase)?.[1] ?? 0);
    if (testcase.includes("<skipped")) ignored.push(name);
    else if (failure.test(testcase)) failed.push(`${name}: ${messageOf(testcase)}`);
    else passed++;
  }
  return { file, passed, failed, ignored, seconds };
}

function nameOf(element: string): string {
  return unescapeXml(/name="([^"]*)"/.exec(element)?.[1] ?? "");
}

const failure = /<(?:failure|error)(?: message="([^"]*)")?[^>]*>/;

function messageOf(testcase: string): string {
  const message = unescapeXml(failure.exec(testcase)?.[1] ?? "").replaceAll(/\s+/g, " ");
  return message.length > 300 ? `${message.slice(0, 300)}…` : message;
}

function unescapeXml(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replaceAll(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole);
}
