/** The WebSocket to Sightline: opened while it is wanted, opened again when it breaks, and its clock. */

import { ServerClock } from "./clock.js";
import { decodeMessage, encodeAck, refusedCode } from "./wire.js";

/** So often Sightline's clock is asked for; it also tells Sightline that the page is there. */
const clockEveryMs = 5000;
/** At first it is asked this often more, as any one answer may come late. */
const firstAnswers = 4;
/** Sightline says something every second; silent for so long, the connection counts as lost. */
const silentMs = 2500;
/** A connection that was silent for so long is given up for another. */
const deadMs = 6000;
const pausesMs = [250, 500, 1000, 2000, 4000];

export class Connection {
  #url;
  #key;
  #listener;
  #socket = null;
  #isWanted = false;
  #attempts = 0;
  #retry = 0;
  #timer = 0;
  #lastAtMs = 0;
  #askedAtMs = 0;
  #clock = new ServerClock();
  #answers = 0;
  #state = "closed";

  /**
   * `key`: what another site's page has to show, or null; `listener`: onOpen(), onState(state),
   * onMessage(binary message), onText(JSON).
   */
  constructor(url, key, listener) {
    this.#url = url;
    this.#key = key;
    this.#listener = listener;
  }

  /**
   * `closed`, `connecting`, `open`, `lost`, or `refused`: the key is wrong, or the session is over. A
   * wrong key is not shown again, since it counts, and would shut out its whole address.
   */
  get state() {
    return this.#state;
  }

  /** Milliseconds since 1970 on Sightline's clock; null as long as it is not known. */
  get serverNowMs() {
    return this.#clock.at(performance.now());
  }

  want(isWanted) {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    if (this.#state === "refused") return;
    if (isWanted) this.#begin();
    else this.#end("closed");
  }

  /** Goes on with another key, also where one was refused. */
  useKey(key) {
    if (key === this.#key) return;
    this.#key = key;
    this.#end("closed");
    if (this.#isWanted) this.#begin();
  }

  tell(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  acknowledge(channel, sequence) {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(encodeAck({ channel, sequence }));
    }
  }

  #begin() {
    this.#attempts = 0;
    this.#timer = setInterval(() => this.#check(), 500);
    this.#open();
  }

  #end(state) {
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    this.#drop();
    this.#enter(state);
  }

  #open() {
    this.#enter(this.#attempts === 0 ? "connecting" : "lost");
    const protocols = this.#key === null ? [] : ["sightline", `key.${toBase64Url(this.#key)}`];
    const socket = this.#socket = new WebSocket(this.#url, protocols);
    socket.binaryType = "arraybuffer";
    // What an older socket still says is of no interest.
    const ifCurrent = (act) => (event) => this.#socket === socket && act(event);
    this.#lastAtMs = performance.now();
    socket.addEventListener("open", ifCurrent(() => this.#onOpen()));
    socket.addEventListener("message", ifCurrent(({ data }) => this.#onMessage(data)));
    socket.addEventListener("close", ifCurrent(({ code }) => this.#onClose(code)));
  }

  #onOpen() {
    this.#attempts = 0;
    this.#clock.forget();
    this.#answers = 0;
    this.#lastAtMs = performance.now();
    this.#askClock();
    this.#enter("open");
    this.#listener.onOpen();
  }

  #onMessage(data) {
    this.#lastAtMs = performance.now();
    if (this.#state === "lost") this.#enter("open");
    if (typeof data !== "string") return this.#listener.onMessage(decodeMessage(data));
    const message = JSON.parse(data);
    if (message.type === "clock") this.#onClock(message);
    else this.#listener.onText(message);
  }

  #onClock({ sentMs, serverUs }) {
    this.#answers++;
    this.#clock.answered(sentMs, serverUs / 1000, performance.now());
  }

  #onClose(code) {
    this.#socket = null;
    if (code === refusedCode) return this.#end("refused");
    this.#enter("lost");
    const pauseMs = pausesMs[Math.min(this.#attempts++, pausesMs.length - 1)];
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), pauseMs);
  }

  #check() {
    if (this.#socket === null) return;
    const nowMs = performance.now();
    const silenceMs = nowMs - this.#lastAtMs;
    if (this.#state === "open" && silenceMs > silentMs) this.#enter("lost");
    if (silenceMs > deadMs) {
      this.#drop();
      this.#onClose();
    } else if (this.#answers < firstAnswers || nowMs - this.#askedAtMs > clockEveryMs) {
      this.#askClock();
    }
  }

  #askClock() {
    this.#askedAtMs = performance.now();
    this.tell({ type: "clock", sentMs: this.#askedAtMs });
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #enter(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#listener.onState(state);
  }
}

/** A protocol's name may hold nothing but these characters. */
function toBase64Url(text) {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
