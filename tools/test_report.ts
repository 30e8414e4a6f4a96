/** The result of a run of the suite; steps count as part of their test. */
export interface TestReport {
  readonly passed: number;
  /** Names of the failed tests, each with what was wrong. */
  readonly failed: readonly string[];
  /** Names of the ignored tests; by our convention each name carries its reason. */
  readonly ignored: readonly string[];
}

/**
 * Reads the JUnit file that `deno test --junit-path` writes.
 *
 * By hand rather than with an XML library: the one writer is Deno itself, and of its output only
 * `testcase`, `failure` and `skipped` matter.
 */
export function readTestReport(junit: string): TestReport {
  const ignored: string[] = [];
  let passed = 0;
  const failed: string[] = [];
  for (const suite of junit.split("<testsuite ").slice(1)) {
    const seen: string[] = [];
    for (const testcase of suite.split("<testcase ").slice(1)) {
      const name = unescapeXml(/name="([^"]*)"/.exec(testcase)?.[1] ?? "");
      // Deno writes the step "s" of the test "t" as "t > s", after its test.
      if (seen.some((parent) => name.startsWith(`${parent} > `))) continue;
      seen.push(name);
      if (testcase.includes("<skipped")) ignored.push(name);
      else if (failure.test(testcase)) failed.push(`${name}: ${messageOf(testcase)}`);
      else passed++;
    }
  }
  return { passed, failed, ignored };
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
