/** The pages by keys alone, in German, with a key, behind nginx: in Debian's Firefox. */

import { deepEqual, equal } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { EventLog } from "../src/events/event_log.ts";
import { poll } from "./support/poll.ts";
import { frameOf } from "./support/samples.ts";
import { firefoxMissing, type FirefoxPage, withFirefox } from "./support/with_firefox.ts";
import { nginxMissing, startNginx } from "./support/with_nginx.ts";
import { startCamera } from "./support/with_tap.ts";
import { withView } from "./support/with_view.ts";

const missing = firefoxMissing ?? nginxMissing;
const reason = missing === null ? "" : ` (ignored: ${missing})`;

/** As WebDriver names them. */
const [tab, enter, shift] = ["\uE004", "\uE007", "\uE008"] as const;
const [escape, right, space] = ["\uE00C", "\uE014", " "] as const;

Deno.test({
  name: `every page can be used by keys alone, in German, behind nginx${reason}`,
  ignore: missing !== null,
  fn: async () => {
    await using log = await EventLog.open(
      { dataDir: null, keepDays: 1, keepGb: null },
      ["door"],
      getLogger(["test"]),
    );
    const access = { token: { value: "geheim" }, user: null, password: null };
    await withView(async ({ view, web }) => {
      await using _camera = startCamera({
        pictures: "testsrc=s=320x180:r=25",
        tap: view.tap,
        onPicture: (ptsMs) =>
          view.annotate(frameOf({ ptsMs, capturedAtMs: Date.now() }), { detections: [] }),
      });
      await using nginx = await startNginx(`location /cameras/ {
        proxy_pass http://127.0.0.1:${web.port};
        proxy_set_header Host $http_host;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $http_connection;
        proxy_buffering off;
      }`);
      await withFirefox(async (page) => {
        await page.goto(`http://127.0.0.1:${nginx.port}/cameras/live`);
        await walk(page, log);
        deepEqual(page.complaints, []);
      }, { language: "de" });
    }, { access, events: log, basePath: "/cameras/" });
  },
});

async function walk(page: FirefoxPage, log: EventLog): Promise<void> {
  const sees = (what: string, is: (seen: Seen) => boolean) =>
    poll(what, async () => is(await page.evaluate(look)));
  const isAt = (path: string) => sees(path, (seen) => seen.path === `/cameras/${path}`);
  /** Goes to what has this name, which is seen to have the focus. */
  const goTo = async (key: string, name: string) => {
    for (let count = 0; count < 80; count++) {
      await page.press(key);
      const { focus, outline } = await page.evaluate(look);
      if (focus.startsWith(name)) return equal(outline, "solid", name);
    }
    throw new Error(`Cannot find ${name} by tabs`);
  };
  const tabTo = (name: string) => goTo(tab, name);
  // Behind the page's last element comes the browser's own bar.
  const backTo = (name: string) => goTo(shift + tab, name);

  await sees("the token's field", ({ focus }) => focus === "Token");
  await page.press(..."falsch", enter);
  await sees(
    "what is wrong",
    ({ alert, focus }) => alert === "Das stimmt nicht." && focus === "Token",
  );
  await page.press(..."geheim", enter);
  await isAt("live");
  await sees("a picture that moves", ({ condition }) => /live|behind/.test(condition));

  await page.press(right, enter);
  await isAt("live/door");
  await page.press("?");
  await sees("the keys", ({ dialog }) => dialog === "Tasten");
  await page.press(escape);
  await sees(
    "no dialog, on the same page",
    ({ dialog, path }) => dialog === "" && path.endsWith("/door"),
  );
  await tabTo("Einblendungen");
  await page.press(enter);
  await sees("overlays", ({ dialog }) => dialog === "Einblendungen");
  await tabTo("Namen");
  await page.press(space);
  await sees("no labels", ({ layers }) => !layers.includes("labels"));
  await page.press(escape);
  await sees("no dialog", ({ dialog, focus }) => dialog === "" && focus === "Einblendungen");
  await page.press(escape);
  await isAt("live");

  await backTo("Ereignisse");
  await page.press(enter);
  await isAt("events");
  const event = { stream: "door", use_case: null, sequence: null, type: "zone_entered" };
  log.append({ ...event, at: new Date().toISOString(), zone: "Hof" });
  await sees("one that came", ({ text }) => text.includes("Betrat Zone Hof"));
  await tabTo("Betrat Zone Hof");
  await page.press(enter);
  await sees("its page", ({ path }) => /^\/cameras\/events\/[\da-f-]+$/.test(path));
  await tabTo("Als nicht gesehen merken");

  await backTo("Zonen");
  await page.press(enter);
  await isAt("zones");
  await tabTo("Linie zeichnen");
  await page.press(enter);
  await sees("how to draw", ({ text }) => text.includes("Beide Enden anklicken"));
  await page.press(escape);
  await tabTo("Für door");

  await backTo("Zustand");
  await page.press(enter);
  await isAt("health");
  await sees("charts", ({ text }) => text.includes("Verworfen je Minute"));
  await tabTo("door");
  await page.press(enter);
  await backTo("Abmelden");
  await page.press(enter);
  await isAt("login");
}

type Seen = Awaited<ReturnType<typeof look>>;

/** Runs in the page. */
// deno-lint-ignore require-await -- what runs there is waited for
async function look() {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const { document, location, getComputedStyle } = globalThis as any;
  const textOf = (selector: string) => String(document.querySelector(selector)?.textContent ?? "");
  const { activeElement } = document;
  // While a page goes there is none.
  const name = activeElement?.getAttribute("aria-label") ??
    activeElement?.labels?.[0]?.textContent ?? activeElement?.textContent;
  const stream = document.querySelector("sightline-stream");
  return {
    path: String(location.pathname),
    alert: textOf("[role=alert]"),
    dialog: textOf("dialog[open] h2"),
    text: String(document.body?.innerText),
    condition: String(stream?.getAttribute("condition")),
    layers: String(stream?.getAttribute("layers")),
    focus: String(name).trim(),
    outline: activeElement && String(getComputedStyle(activeElement).outlineStyle),
  };
}
