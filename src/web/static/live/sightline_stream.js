/**
 * `<sightline-stream stream="door" mode="exact" layers="boxes labels zones age">`: a stream, live, with
 * what was found in it.
 *
 * Attributes, which may be changed at any time:
 * - `stream`: its name, as in `/api/streams`.
 * - `mode`: `exact` (the default) shows pictures with their own boxes alone, as soon as these are
 *   there; `prompt` the newest picture, with boxes moved on by their tracks.
 * - `key`: a token of this Sightline, for a page of another site; all elements use the one that was
 *   set last.
 * - `layers`: what is drawn, of `boxes labels zones trails age`; without it `boxes labels zones age`.
 *
 * It sets `condition`, for style sheets and readers of the page, to one of:
 * - `live`: the picture on the screen is as new as promised (`max_view_age_ms`),
 * - `behind`: it is older than that,
 * - `connecting`: there is no picture yet,
 * - `frozen`, `away`, `ended`, `failed`: what the camera does,
 * - `lost`: there is no connection to Sightline,
 * - `refused`: the key is wrong, or the visitor's session is over,
 * - `gone`: there is no stream of this name.
 * In every condition but `live` a picture is dimmed and bears its time.
 *
 * Events, which do not bubble:
 * - `sightline-state` with `detail` as {@link SightlineStream.state} has it, when that changes,
 * - `sightline-picture` with `detail` `{ptsUs, capturedAtUs, ageMs, width, height, detections}` for
 *   each picture that is drawn; `ageMs` is null as long as Sightline's clock is not known.
 *
 * Parts for style sheets: `canvas`, `age`, `notice`.
 */

import { isolatedText } from "./safe_text.js";
import { languageAround, timeFormat } from "./time_format.js";

const layerNames = ["boxes", "labels", "zones", "trails", "age"];
const defaultLayers = "boxes labels zones age";
/** The age on a picture is written anew so often. */
const ageEveryMs = 100;

let worker = null;
/** By the number of the element. */
const elements = new Map();
let count = 0;

/** One thread for all elements of the page; `key` null = the browser has a cookie. */
function startWorker(key) {
  if (worker !== null) return;
  worker = openThread();
  const url = new URL("../../live", import.meta.url);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  worker.postMessage({ type: "open", url: url.href, key });
  worker.addEventListener("message", ({ data }) => elements.get(data.id)?.receive(data));
  const tellPage = () =>
    worker.postMessage({ type: "page", isVisible: document.visibilityState !== "hidden" });
  document.addEventListener("visibilitychange", tellPage);
  tellPage();
}

/**
 * A thread must come from the page's own site: elsewhere one that brings in the code begins there.
 * Where a thread could not draw, the page does its work.
 */
function openThread() {
  const url = new URL("./worker.js", import.meta.url);
  if (typeof OffscreenCanvas === "undefined") {
    const { port1, port2 } = new MessageChannel();
    globalThis.sightlineStreamPort = port2;
    void import(url.href).then(() => port2.start());
    port1.start();
    return port1;
  }
  if (url.origin === location.origin) return new Worker(url, { type: "module" });
  const code = `import ${JSON.stringify(url.href)};`;
  const blob = new Blob([code], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(blob), { type: "module" });
}

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  :host { display: block; position: relative; overflow: hidden; background: #12161c;
    aspect-ratio: 16 / 9; contain: content; }
  :host([hidden]) { display: none; }
  canvas { display: block; width: 100%; height: 100%; object-fit: contain;
    transition: filter 150ms; }
  :host(:not([condition="live"])) canvas { filter: brightness(0.45) saturate(0.5); }
  .age, .notice { position: absolute; color: #fff; background: rgb(16 20 26 / 0.78);
    font: 12px/1.4 system-ui, sans-serif; border-radius: 4px; padding: 2px 6px; }
  .age { right: 8px; bottom: 8px; font-variant-numeric: tabular-nums; }
  .notice { left: 50%; top: 50%; transform: translate(-50%, -50%); max-width: 85%;
    text-align: center; font-size: 14px; padding: 6px 12px; }
  .age:empty, .notice:empty { display: none; }
  @media (prefers-reduced-motion: reduce) { canvas { transition: none; } }
`);

export class SightlineStream extends HTMLElement {
  static observedAttributes = ["stream", "mode", "key", "layers"];

  /** What each condition is called on the picture; a page may put other words in their place. */
  static words = {
    picture: "Live picture of {stream}",
    connecting: "Connecting …",
    behind: "Behind",
    frozen: "The camera sends no pictures",
    away: "The camera is away",
    ended: "The stream has ended",
    failed: "The stream has failed",
    lost: "No connection to Sightline",
    refused: "The key is refused",
    gone: "There is no such stream",
  };

  #id = ++count;
  #age = document.createElement("span");
  #notice = document.createElement("span");
  #canvas = document.createElement("canvas");
  #context = this.#canvas.getContext("bitmaprenderer");
  #observers = [];
  #isInSight = false;
  #size = { width: 0, height: 0 };
  #reported = { connection: "connecting" };
  #picture = null;
  #timer = 0;
  #told = "";

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    this.#canvas.setAttribute("part", "canvas");
    this.#canvas.setAttribute("role", "img");
    this.#age.className = "age";
    this.#age.setAttribute("part", "age");
    this.#notice.className = "notice";
    this.#notice.setAttribute("part", "notice");
    this.#notice.setAttribute("role", "status");
    root.append(this.#canvas, this.#age, this.#notice);
  }

  connectedCallback() {
    startWorker(this.getAttribute("key"));
    if (!elements.has(this.#id)) {
      elements.set(this.#id, this);
      this.#picture = null;
      worker.postMessage({ type: "add", id: this.#id });
    }
    const sight = new IntersectionObserver(([entry]) => {
      this.#isInSight = entry.isIntersecting;
      this.#tell();
    }, { rootMargin: "100px" });
    const size = new ResizeObserver(() => {
      const { width, height } = this.getBoundingClientRect();
      this.#size = { width: width * devicePixelRatio, height: height * devicePixelRatio };
      this.#tell();
    });
    sight.observe(this);
    size.observe(this);
    this.#observers = [sight, size];
    this.#timer = setInterval(() => this.#refresh(), ageEveryMs);
    this.#refresh();
  }

  disconnectedCallback() {
    for (const observer of this.#observers) observer.disconnect();
    clearInterval(this.#timer);
    this.#isInSight = false;
    // One that is only moved keeps its picture.
    this.#tell();
    queueMicrotask(() => {
      if (this.isConnected) return;
      elements.delete(this.#id);
      worker.postMessage({ type: "remove", id: this.#id });
    });
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "key" && after !== null) worker?.postMessage({ type: "key", key: after });
    if (name === "stream") {
      this.#picture = null;
      this.#context.transferFromImageBitmap(null);
      this.#reported = { connection: this.#reported.connection };
      const label = SightlineStream.words.picture.replace(
        "{stream}",
        () => isolatedText(after ?? ""),
      );
      this.#canvas.setAttribute("aria-label", label);
    }
    this.#tell();
    if (this.isConnected) this.#refresh();
  }

  /** `exact` or `prompt`. */
  get mode() {
    return this.getAttribute("mode") === "prompt" ? "prompt" : "exact";
  }

  /** What is drawn. */
  get layers() {
    const names = (this.getAttribute("layers") ?? defaultLayers).split(/\s+/);
    return layerNames.filter((name) => names.includes(name));
  }

  /**
   * What is known now: `condition` as above; `connection` (`closed`, `connecting`, `open`, `lost`,
   * `refused`); `camera` (`connecting`, `live`, `frozen`, `away`, `ended`, `failed`), `model` (`ok`,
   * `slow`, `away`, `none`), `plugin` (`ok`, `failing`), each null as long as it is not known;
   * `detail`, a sentence or null; `fps` and `resultAgeMs`, results a second and their age, null where
   * there are none; `codec`, of the pictures as they come (`jpeg`, `avc1.42C01F`, …).
   */
  get state() {
    const { connection, codec = null, isGone = false, detail = null } = this.#reported;
    const isKnown = connection === "open" && !isGone;
    const known = (value = null) => isKnown ? value : null;
    const camera = known(this.#reported.camera);
    return {
      condition: this.#condition(),
      connection,
      camera,
      model: known(this.#reported.model),
      plugin: known(this.#reported.plugin),
      detail: known(detail),
      fps: known(this.#reported.fps),
      resultAgeMs: known(this.#reported.age_ms),
      codec,
    };
  }

  /** How old the picture on the screen is, in milliseconds; null = there is none. */
  get ageMs() {
    if (this.#picture === null || this.#picture.ageMs === null) return null;
    const nowMs = performance.timeOrigin + performance.now();
    return this.#picture.ageMs + nowMs - this.#picture.atMs;
  }

  /** The canvas with picture and boxes, to be read by others. */
  get canvas() {
    return this.#canvas;
  }

  /** Takes a message of the thread. */
  receive(message) {
    if (message.type === "picture") {
      worker.postMessage({ type: "taken", id: this.#id });
      // It was on its way when another stream was asked for.
      if (message.stream !== this.getAttribute("stream")) return message.bitmap.close();
      this.#show(message.bitmap);
      this.#picture = message;
      if (!message.isNew) return;
      const { ptsUs, capturedAtUs, ageMs, width, height, detections } = message;
      const detail = { ptsUs, capturedAtUs, ageMs, width, height, detections };
      this.dispatchEvent(new CustomEvent("sightline-picture", { detail }));
    } else {
      this.#reported = message;
    }
    this.#refresh();
  }

  #show(bitmap) {
    const { width, height } = bitmap;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#context.transferFromImageBitmap(bitmap);
  }

  #tell() {
    if (!elements.has(this.#id)) return;
    const { mode, layers } = this;
    worker.postMessage({
      type: "change",
      id: this.#id,
      stream: this.getAttribute("stream"),
      isVisible: this.isConnected && this.#isInSight,
      mode,
      layers,
      ...this.#size,
    });
  }

  #condition() {
    const { connection, isGone, camera, maxViewAgeMs = 500 } = this.#reported;
    if (connection === "lost" || connection === "refused") return connection;
    if (isGone) return "gone";
    if (camera !== undefined && camera !== "live" && camera !== "connecting") return camera;
    if (this.#picture === null) return "connecting";
    return this.ageMs !== null && this.ageMs > maxViewAgeMs ? "behind" : "live";
  }

  #refresh() {
    const { state, ageMs } = this;
    const { condition } = state;
    if (this.getAttribute("condition") !== condition) this.setAttribute("condition", condition);
    const words = condition === "live" || condition === "behind" && ageMs !== null
      ? ""
      : SightlineStream.words[condition];
    setText(this.#notice, words);
    setText(this.#age, this.layers.includes("age") || condition !== "live" ? this.#ageText() : "");
    const told = JSON.stringify(state);
    if (told === this.#told) return;
    this.#told = told;
    this.dispatchEvent(new CustomEvent("sightline-state", { detail: state }));
  }

  /** Nothing where there is no picture; with its time where it is old. */
  #ageText() {
    const { ageMs } = this;
    if (ageMs === null) return "";
    if (this.getAttribute("condition") === "live") return `${Math.round(ageMs)} ms`;
    const { time, seconds, tenths } = formatsOf(languageAround(this));
    const at = time.format(this.#picture.capturedAtUs / 1000);
    return `${at}, ${(ageMs < 10_000 ? tenths : seconds).format(ageMs / 1000)} s`;
  }
}

/** By language: to make one takes long. */
const formats = new Map();

function formatsOf(language) {
  if (!formats.has(language)) {
    const digits = (count) => ({ minimumFractionDigits: count, maximumFractionDigits: count });
    formats.set(language, {
      time: timeFormat(language),
      seconds: new Intl.NumberFormat(language, digits(0)),
      tenths: new Intl.NumberFormat(language, digits(1)),
    });
  }
  return formats.get(language);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

customElements.define("sightline-stream", SightlineStream);
