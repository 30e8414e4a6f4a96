/* The page of the live view: polls the figures, shows the pictures. No build, no dependency. */

const pollMs = 1000;
/** Points of a sparkline, one a poll. */
const historyLength = 60;
/**
 * A browser opens six connections to a server. Video takes one each and never gives it back, so that
 * beyond these streams pictures are fetched one by one.
 */
const mostVideos = 4;
const snapshotPauseMs = 1000;

/** State → words and tone. */
const states = {
  connecting: ["Connecting", "busy"],
  live: ["Live", "good"],
  stalled: ["Stalled", "bad"],
  reconnecting: ["Reconnecting", "busy"],
  model_unavailable: ["Model unavailable", "bad"],
  ended: ["Ended", "off"],
  failed: ["Failed", "bad"],
};
const dropReasons = {
  queue_full: "queue full",
  too_old: "too old",
  skipped: "skipped",
  error: "errors",
};

/** State → what it means for the results, where `detail` says nothing better. */
const meanings = {
  connecting: "The camera has not sent a picture yet.",
  stalled: "The camera is connected and sends no pictures.",
  reconnecting: "The camera is away; Sightline tries again and again.",
  model_unavailable: "Pictures come, but the model does not answer: there are no results.",
  ended: "The source came to its end.",
  failed: "This stream was given up; the log says more.",
};

const main = document.getElementById("streams");
const lost = document.getElementById("lost");
const summary = document.getElementById("summary");
const all = document.getElementById("all");
const template = document.getElementById("stream-template");
/** By name. */
const cards = new Map();
/** Cards that can be seen, or nearly. */
const inSight = new Set();
const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) inSight.add(target);
    else inSight.delete(target);
  }
  arrange();
}, { rootMargin: "100px" });
let failures = 0;

/** One stream on the page. */
class Card {
  #picture;
  #mode = "off";
  #history = { fps: [], age: [] };
  #timer;

  constructor(name) {
    this.name = name;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.#picture = this.element.querySelector(".picture");
    this.#picture.alt = `Live picture of ${name}`;
    this.#picture.addEventListener("load", () => this.#again());
    this.#picture.addEventListener("error", () => this.#again());
    this.element.querySelector("h2").textContent = name;
    this.element.querySelector(".open").href = `/streams/${encodeURIComponent(name)}`;
    observer.observe(this.element);
  }

  /** `video`, `snapshots` or `off`; off also on the server, where nothing is decoded for it then. */
  show(mode) {
    if (mode === this.#mode) return;
    this.#mode = mode;
    clearTimeout(this.#timer);
    if (mode === "off") this.#picture.removeAttribute("src");
    else this.#load();
  }

  #load() {
    const file = this.#mode === "video" ? "video_feed?" : "snapshot.jpg?size=small&";
    // A number of its own: a picture that is under way must not answer for a later one.
    this.#picture.src = `/streams/${encodeURIComponent(this.name)}/${file}${Date.now()}`;
  }

  /** After a snapshot the next one; after a video that broke off another attempt. */
  #again() {
    clearTimeout(this.#timer);
    if (this.#mode === "off") return;
    if (this.#mode === "video" && this.#picture.naturalWidth > 0 && failures === 0) return;
    const pause = this.#mode === "video" ? 2 * pollMs : snapshotPauseMs;
    this.#timer = setTimeout(() => this.#mode !== "off" && this.#load(), pause);
  }

  /** The stream is gone. */
  remove() {
    this.show("off");
    observer.unobserve(this.element);
    inSight.delete(this.element);
    this.element.remove();
  }

  /** The server is back: what hung on the old connections is dead. */
  reconnect() {
    const mode = this.#mode;
    this.show("off");
    this.show(mode);
  }

  update(status) {
    const [words, tone] = states[status.state] ?? [status.state, "off"];
    this.element.dataset.tone = tone;
    this.element.dataset.state = status.state;
    // A live region speaks when it is written to, changed or not.
    setText(this.element.querySelector(".state"), words);
    setText(this.element.querySelector(".detail"), status.detail ?? meanings[status.state] ?? "");
    this.#updateLabels(status.labels);
    const { frames, age_ms: age, inference_ms: inference } = status;
    const dropped = Object.values(frames.dropped).reduce((sum, count) => sum + count, 0);
    this.#figure("fps", status.fps.toFixed(1));
    this.#figure("age", ...milliseconds(age.p50));
    this.#figure("ageP99", ...milliseconds(age.p99));
    this.#figure("inference", ...milliseconds(inference.p50));
    this.#figure("received", frames.received.toLocaleString("en"));
    const share = frames.received === 0 ? 0 : dropped / frames.received * 100;
    this.#figure("dropped", dropped.toLocaleString("en"), dropped ? `${share.toFixed(1)} %` : "");
    this.#figure("reconnects", String(status.reconnects));
    this.#figure("viewers", String(status.viewers));
    const drops = Object.entries(frames.dropped).filter(([, count]) => count > 0)
      .map(([reason, count]) => `${count.toLocaleString("en")} ${dropReasons[reason] ?? reason}`);
    this.#fact("drops", drops.join(", ") || "none");
    this.#fact("use_case", status.use_case);
    this.#fact("model", status.model);
    this.#fact("source", status.source);
    this.#spark("fps", status.fps);
    this.#spark("age", age.p50);
  }

  /** What happened last, the newest first. */
  tell(journal) {
    const list = this.element.querySelector(".journal");
    const newest = journal.at(-1);
    const mark = `${journal.length} ${newest?.at} ${newest?.words}`;
    if (list.dataset.mark === mark) return;
    list.dataset.mark = mark;
    list.replaceChildren(
      ...journal.toReversed().map(({ at, kind, words }) => {
        const item = document.createElement("li");
        item.dataset.kind = kind;
        const time = document.createElement("time");
        time.dateTime = at;
        time.textContent = new Date(at).toLocaleTimeString("en", { hour12: false });
        const text = document.createElement("span");
        text.textContent = words;
        item.append(time, text);
        return item;
      }),
    );
    this.element.querySelector(".journal-none").hidden = journal.length > 0;
  }

  #updateLabels(labels) {
    const items = Object.entries(labels).sort(([, a], [, b]) => b - a).slice(0, 12)
      .map(([label, count]) => {
        const item = document.createElement("li");
        const number = document.createElement("b");
        // Labels come from plugins and models: text, never markup.
        number.textContent = String(count);
        item.append(label, number);
        return item;
      });
    if (items.length === 0) {
      const none = document.createElement("li");
      none.className = "none";
      none.textContent = "nothing in sight";
      items.push(none);
    }
    this.element.querySelector(".labels").replaceChildren(...items);
  }

  #figure(name, value, unit = "") {
    const element = this.element.querySelector(`[data-figure="${name}"]`);
    const text = document.createElement("small");
    text.textContent = unit;
    element.replaceChildren(value, ...(unit ? [text] : []));
  }

  #fact(name, value) {
    setText(this.element.querySelector(`[data-fact="${name}"] dd`), value);
  }

  #spark(name, value) {
    const values = this.#history[name];
    values.push(Number.isFinite(value) ? value : 0);
    if (values.length > historyLength) values.shift();
    const top = Math.max(...values, 1) * 1.15;
    const step = 120 / (historyLength - 1);
    const left = 120 - (values.length - 1) * step;
    const points = values.map((y, index) =>
      `${(left + index * step).toFixed(1)} ${(32 - y / top * 32).toFixed(1)}`
    );
    const svg = this.element.querySelector(`[data-spark="${name}"]`);
    svg.querySelector(".line").setAttribute("d", `M${points.join("L")}`);
    svg.querySelector(".area").setAttribute(
      "d",
      `M${left.toFixed(1)} 32L${points.join("L")}L120 32Z`,
    );
  }
}

function milliseconds(value) {
  if (!Number.isFinite(value)) return ["–"];
  return value < 9999.5 ? [value < 9.95 ? value.toFixed(1) : value.toFixed(0), "ms"] : [
    (value / 1000).toFixed(0),
    "s",
  ];
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The stream that the address names; null for all. */
function chosen() {
  const [, name] = /^\/streams\/([^/]+)$/.exec(location.pathname) ?? [];
  return name === undefined ? null : decodeURIComponent(name);
}

/** Puts cards on the page, and video only into those that are visible. */
function arrange() {
  const name = chosen();
  const shown = [...cards.values()].filter((card) => name === null || card.name === name);
  const elements = shown.map(({ element }) => element);
  if (elements.length === 0) {
    const empty = document.createElement("p");
    empty.className = "empty";
    empty.textContent = name === null ? "No streams." : `There is no stream ${name} now.`;
    elements.push(empty);
  }
  // Touch the page only when it changes: moving an image would load it again.
  if (
    elements.some((element, index) => main.children[index] !== element) ||
    main.children.length !== elements.length
  ) {
    main.replaceChildren(...elements);
  }
  const isOne = name !== null || cards.size === 1;
  main.className = isOne ? "one" : shown.length <= 4 ? "many few" : "many";
  all.hidden = name === null;
  const mode = shown.length <= mostVideos ? "video" : "snapshots";
  const hidden = document.visibilityState === "hidden";
  for (const card of cards.values()) {
    const isSeen = !hidden && shown.includes(card) && inSight.has(card.element);
    card.show(isSeen ? mode : "off");
  }
}

function update(streams) {
  const names = new Set(streams.map(({ name }) => name));
  for (const [name, card] of cards) {
    if (names.has(name)) continue;
    card.remove();
    cards.delete(name);
  }
  for (const status of streams) {
    if (!cards.has(status.name)) cards.set(status.name, new Card(status.name));
    cards.get(status.name).update(status);
  }
  const live = streams.filter(({ state }) => state === "live").length;
  setText(summary, streams.length > 1 ? `${live} of ${streams.length} live` : "");
}

async function poll() {
  try {
    const response = await fetch("/api/streams", { signal: AbortSignal.timeout(5000) });
    // The cookie has expired, or Sightline was started again.
    if (response.status === 401) {
      return location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
    }
    if (!response.ok) throw new Error(`answer ${response.status}`);
    const { streams } = await response.json();
    const wasLost = failures > 0;
    const name = chosen() ?? (streams.length === 1 ? streams[0].name : null);
    failures = 0;
    lost.hidden = true;
    document.body.classList.remove("away");
    update(streams);
    arrange();
    if (cards.has(name)) await readJournal(cards.get(name));
    if (wasLost) { for (const card of cards.values()) card.reconnect(); }
  } catch {
    failures++;
    setText(lost, "The connection to Sightline is lost. Trying again …");
    lost.hidden = false;
    document.body.classList.add("away");
  }
}

async function readJournal(card) {
  const path = `/api/streams/${encodeURIComponent(card.name)}`;
  const response = await fetch(path, { signal: AbortSignal.timeout(5000) });
  // It may have gone since the list was made.
  if (response.ok) card.tell((await response.json()).journal);
}

/** One poll at a time, none while the page is hidden. */
async function keepPolling() {
  for (;;) {
    if (document.visibilityState === "visible") await poll();
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

document.addEventListener("visibilitychange", arrange);
keepPolling();
