/** Firefox for tests of what plays there, asked by WebDriver BiDi. */

import { existsSync } from "node:fs";

/** Where Firefox is. */
const firefoxPath = Deno.env.get("FIREFOX_PATH") ?? "/usr/bin/firefox-esr";

/** Why a test cannot run in Firefox on this machine; null when it can. */
export const firefoxMissing: string | null = existsSync(firefoxPath)
  ? null
  : `no Firefox at ${firefoxPath} (apt install firefox-esr, or set FIREFOX_PATH)`;

/** Its only tab that is used. */
export interface FirefoxPage {
  goto(url: string): Promise<void>;
  /**
   * Runs a function there that takes JSON and gives it, and waits for it. @throws {Error} when it does
   */
  evaluate<T, A = undefined>(task: (argument: A) => T | Promise<T>, argument?: A): Promise<T>;
  /** Presses keys one after the other, named as WebDriver has them; several in one text together. */
  press(...keys: readonly string[]): Promise<void>;
  /** Errors of scripts and on the console. */
  readonly complaints: readonly string[];
}

/** Runs `use` with a browser of its own, whose user reads a language. */
export async function withFirefox(
  use: (page: FirefoxPage) => Promise<void>,
  { language = "en-US" } = {},
): Promise<void> {
  const profile = await Deno.makeTempDir();
  // It talks to the page that it is sent to, and to nobody else.
  const preferences = [
    ["app.normandy.enabled", false],
    ["app.update.auto", false],
    ["browser.safebrowsing.update.enabled", false],
    ["datareporting.policy.dataSubmissionEnabled", false],
    ["media.gmp-manager.updateEnabled", false],
    ["network.captive-portal-service.enabled", false],
    ["network.connectivity-service.enabled", false],
    ["services.settings.server", "data:,"],
    ["media.autoplay.default", 0],
    ["intl.accept_languages", language],
  ].map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  await Deno.writeTextFile(`${profile}/user.js`, preferences.join("\n"));
  const child = new Deno.Command(firefoxPath, {
    args: ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"],
    ...{ stdin: "null", stdout: "null", stderr: "piped" },
    env: { MOZ_CRASHREPORTER_DISABLE: "1" },
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const session = await Session.open(`${await addressIn(lines)}/session`);
    try {
      await use(await session.page());
    } finally {
      await session.close();
    }
  } finally {
    lines.releaseLock();
    child.kill("SIGKILL");
    await Promise.all([child.status, child.stderr.locked || child.stderr.cancel()]);
    await Deno.remove(profile, { recursive: true });
  }
}

async function addressIn(lines: ReadableStreamDefaultReader<string>): Promise<string> {
  for (let text = "";;) {
    const { value, done } = await lines.read();
    if (done) throw new Error(`Cannot start Firefox: ${text}`);
    text += value;
    const address = /WebDriver BiDi listening on (ws:\S+)/.exec(text)?.[1];
    if (address !== undefined) return address;
  }
}

interface BidiAnswer {
  readonly id: number;
  readonly params?: { readonly level?: string; readonly text?: string };
  readonly type: "success" | "error";
  readonly result: {
    readonly context?: string;
    readonly type?: "success" | "exception";
    readonly result?: { readonly value: string };
    readonly exceptionDetails?: { readonly text: string };
  };
  readonly message?: string;
}

class Session {
  readonly #socket: WebSocket;
  readonly #complaints: string[] = [];
  readonly #waiting = new Map<number, (answer: BidiAnswer) => void>();
  #count = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const answer: BidiAnswer = JSON.parse(data);
      this.#waiting.get(answer.id)?.(answer);
      const { level, text = "" } = answer.params ?? {};
      if (level === "error") this.#complaints.push(text);
    });
  }

  static async open(address: string): Promise<Session> {
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", reject, { once: true });
    });
    const session = new Session(socket);
    await session.#ask("session.new", { capabilities: {} });
    await session.#ask("session.subscribe", { events: ["log.entryAdded"] });
    return session;
  }

  async page(): Promise<FirefoxPage> {
    // The first window of one without a screen never has the focus, without which keys press no button.
    const { context } = await this.#ask("browsingContext.create", { type: "window" });
    return {
      goto: async (url) => {
        await this.#ask("browsingContext.navigate", { context, url, wait: "complete" });
      },
      evaluate: async (task, argument) => {
        const { result, exceptionDetails } = await this.#ask("script.evaluate", {
          expression: `(async () => JSON.stringify(await (${task})(${
            JSON.stringify(argument)
          })) ?? "null")()`,
          target: { context },
          awaitPromise: true,
        });
        if (exceptionDetails) throw new Error(`Firefox says: ${exceptionDetails.text}`);
        return JSON.parse(result!.value);
      },
      press: async (...keys) => {
        const actions = keys.flatMap((chord) => [
          ...[...chord].map((value) => ({ type: "keyDown", value })),
          ...[...chord].reverse().map((value) => ({ type: "keyUp", value })),
        ]);
        await this.#ask("input.performActions", {
          context,
          actions: [{ type: "key", id: "keyboard", actions }],
        });
      },
      complaints: this.#complaints,
    };
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.addEventListener("close", resolve));
    this.#socket.close();
    await closed;
  }

  async #ask(method: string, params: unknown): Promise<BidiAnswer["result"]> {
    const id = ++this.#count;
    const { promise, resolve } = Promise.withResolvers<BidiAnswer>();
    this.#waiting.set(id, resolve);
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { type, result, message } = await promise;
    if (type === "error") throw new Error(`Firefox says to ${method}: ${message}`);
    return result;
  }
}
