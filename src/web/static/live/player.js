/** One stream of the page: decodes its pictures, keeps what was found, and has its views drawn. */

import { RecordBook } from "./record_book.js";

/** Pictures that wait for their boxes at most. */
const mostWaiting = 16;
/** A picture that a newer one follows is drawn only if nothing was for so long. */
const patientMs = 200;
/** A decoder that fails so often without a picture between is given up for JPEG. */
const mostFailures = 2;

export class Player {
  #acknowledge;
  #serverNowMs;
  #book = new RecordBook();
  #pictures = [];
  #last = null;
  #decoder = null;
  #description = null;
  #order = 0;
  #isSkipping = true;
  #failures = 0;
  #shownAtMs = -Infinity;
  #onFailure;
  /** What came with each picture that is being decoded, by its time stamp. */
  #stamps = new Map();
  #received = 0;
  #waiting = [];
  #decoding = Promise.resolve();
  #timer = 0;
  maxAgeMs = 1000;
  views = new Set();

  /**
   * `acknowledge(sequence)`; `serverNowMs()` is Sightline's clock, or null; `onFailure(family)` is
   * called when this browser cannot decode the pictures after all.
   */
  constructor(acknowledge, serverNowMs, onFailure) {
    this.#acknowledge = acknowledge;
    this.#serverNowMs = serverNowMs;
    this.#onFailure = onFailure;
  }

  /** `jpeg`, a codec such as `avc1.42C01F`, or null before it is known. */
  get codec() {
    return this.#description?.codec ?? null;
  }

  onMessage(message) {
    this.#received = message.sequence;
    if (message.kind === "description") this.#describe(JSON.parse(decode(message.payload)));
    else if (message.kind === "record") this.#addRecord(message);
    else return this.#addPicture(message);
    this.#acknowledgeTaken();
  }

  /** Looks whether something else is to be shown, since time has passed. */
  present() {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const serverNowMs = this.#serverNowMs();
    for (const view of this.views) {
      if (view.isUnderWay) continue;
      const next = view.choose(this.#pictures, this.#book, this.maxAgeMs, serverNowMs, nowMs);
      if (next !== null) view.draw(next, this.#book);
    }
    this.#letGo();
    // A picture may become too old to wait any longer though nothing comes.
    if (this.#pictures.length > 0) this.#timer = setTimeout(() => this.present(), 100);
  }

  /** Draws what is shown anew. */
  redraw(view) {
    const picture = view.shown ?? this.#last;
    if (picture !== null && !picture.isClosed) view.draw(picture, this.#book);
  }

  /** Another connection begins, or none is wanted: what comes next has nothing to do with this. */
  reset() {
    clearTimeout(this.#timer);
    this.#closeDecoder();
    this.#description = null;
    this.#waiting = [];
    this.#book.clear();
    for (const picture of this.#pictures) if (picture !== this.#last) picture.close();
    this.#pictures = [];
  }

  /** Nothing of it will be shown any more. */
  close() {
    this.reset();
    this.#last?.close();
    this.#last = null;
  }

  #describe(description) {
    this.reset();
    this.#description = description;
  }

  #addRecord({ ptsUs, payload }) {
    this.#book.add(ptsUs, JSON.parse(decode(payload)), performance.now());
    for (const view of this.views) {
      if (view.mode === "prompt" && view.shown?.ptsUs === ptsUs) this.redraw(view);
    }
    this.present();
  }

  #addPicture(message) {
    this.#waiting.push(message.sequence);
    if (this.codec === "jpeg") this.#decodeJpeg(message);
    else this.#decodeVideo(message);
  }

  #decodeVideo(message) {
    const { isKey, ptsUs, payload } = message;
    if (isKey) this.#isSkipping = false;
    if (this.#isSkipping || this.codec === null) return this.#taken(message.sequence);
    try {
      this.#decoder ??= this.#openDecoder();
      this.#stamps.set(ptsUs, message);
      const type = isKey ? "key" : "delta";
      this.#decoder.decode(new EncodedVideoChunk({ type, timestamp: ptsUs, data: payload }));
    } catch {
      this.#onError();
      this.#taken(message.sequence);
    }
  }

  #openDecoder() {
    const decoder = new VideoDecoder({
      output: (frame) => {
        if (this.#decoder !== decoder) return frame.close();
        this.#onFrame(frame);
        // Not every browser tells of what the decoder takes.
        onDequeue();
      },
      error: () => this.#decoder === decoder && this.#onError(),
    });
    decoder.configure({ codec: this.codec, optimizeForLatency: true });
    // Those that the decoder has not taken yet are the last ones.
    const onDequeue = () => {
      if (this.#decoder !== decoder) return;
      const { decodeQueueSize } = decoder;
      if (decodeQueueSize >= this.#waiting.length) return;
      this.#waiting = decodeQueueSize === 0 ? [] : this.#waiting.slice(-decodeQueueSize);
      this.#acknowledgeTaken();
    };
    decoder.addEventListener("dequeue", onDequeue);
    return decoder;
  }

  #onFrame(frame) {
    const message = this.#stamps.get(frame.timestamp);
    this.#failures = 0;
    // What came before in the order of showing will not come any more.
    for (const ptsUs of this.#stamps.keys()) {
      if (ptsUs <= frame.timestamp) this.#stamps.delete(ptsUs);
    }
    const isPassed = message?.isFollowed && performance.now() - this.#shownAtMs < patientMs;
    if (message === undefined || isPassed) frame.close();
    else this.#show(frame, message);
  }

  /** Goes on at the next key frame with another decoder, or without. */
  #onError() {
    const codec = this.codec;
    this.#closeDecoder();
    this.#waiting = [];
    this.#acknowledgeTaken();
    if (++this.#failures >= mostFailures && codec !== null) this.#onFailure(codec.split(".")[0]);
  }

  #closeDecoder() {
    if (this.#decoder !== null && this.#decoder.state !== "closed") this.#decoder.close();
    this.#decoder = null;
    this.#isSkipping = true;
    this.#stamps.clear();
  }

  #decodeJpeg(message) {
    const description = this.#description;
    const bitmap = createImageBitmap(new Blob([message.payload], { type: "image/jpeg" }));
    // One that was decoded sooner must not be shown before an earlier one.
    this.#decoding = this.#decoding.then(async () => {
      try {
        const image = await bitmap;
        if (this.#description === description) this.#show(image, message);
        else image.close();
      } catch {
        // A damaged picture is one that is missing.
      }
      if (this.#description === description) this.#taken(message.sequence);
    });
  }

  #show(image, { ptsUs, capturedAtUs }) {
    this.#shownAtMs = performance.now();
    const { turn = 0, flipped = false, pixelRatio = null } = this.#description;
    const size = shownSize(image, turn, pixelRatio);
    const picture = {
      ptsUs,
      capturedAtUs,
      order: ++this.#order,
      ...size,
      isClosed: false,
      drawTo: (context, width, height) => drawTurned(context, image, width, height, turn, flipped),
      close() {
        this.isClosed = true;
        image.close();
      },
    };
    this.#pictures.push(picture);
    this.present();
  }

  /** Closes pictures that no view will show. */
  #letGo() {
    const orders = [...this.views].map(({ order }) => order);
    const passed = this.views.size === 0 ? Infinity : Math.min(...orders);
    const excess = this.#pictures.length - mostWaiting;
    this.#pictures = this.#pictures.filter((picture, index) => {
      if (picture.order > passed && index >= excess) return true;
      // The newest one that is shown stays, to be drawn anew.
      if (picture.order === Math.max(0, ...orders)) {
        if (this.#last !== picture) this.#last?.close();
        this.#last = picture;
      } else picture.close();
      return false;
    });
  }

  #taken(sequence) {
    this.#waiting = this.#waiting.filter((other) => other !== sequence);
    this.#acknowledgeTaken();
  }

  #acknowledgeTaken() {
    this.#acknowledge(this.#waiting.length === 0 ? this.#received : this.#waiting[0] - 1);
  }
}

/** Width and height as a person sees them: turned, and with square pixels. */
function shownSize(image, turn, pixelRatio) {
  let width = image.displayWidth ?? image.width;
  const height = image.displayHeight ?? image.height;
  const [, across, down] = /^(\d+):(\d+)$/.exec(pixelRatio ?? "") ?? [];
  // What the container says goes before what the stream itself does.
  if (Number(down) > 0) width = Math.round((image.codedWidth ?? width) * across / down);
  return turn % 180 === 90 ? { width: height, height: width } : { width, height };
}

/** Turned clockwise first, then turned over from left to right. */
export function drawTurned(context, image, width, height, turn, flipped) {
  if (turn === 0 && !flipped) return context.drawImage(image, 0, 0, width, height);
  const isAcross = turn % 180 === 90;
  const [ownWidth, ownHeight] = isAcross ? [height, width] : [width, height];
  context.save();
  context.translate(width / 2, height / 2);
  // What is said last is done first.
  if (flipped) context.scale(-1, 1);
  context.rotate(turn * Math.PI / 180);
  context.drawImage(image, -ownWidth / 2, -ownHeight / 2, ownWidth, ownHeight);
  context.restore();
}

const decoder = new TextDecoder();
const decode = (bytes) => decoder.decode(bytes);
