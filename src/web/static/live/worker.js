/**
 * The thread of the live view: one connection for all streams of the page, and their pictures. In a
 * browser whose threads cannot draw the page itself loads it, and is found under the port it left.
 */

import { Connection } from "./connection.js";
import { PictureView } from "./picture_view.js";
import { Player } from "./player.js";

/** Where the page is. */
const page = globalThis.sightlineStreamPort ?? self;
/** By the element's number. */
const views = new Map();
/** By the name of the stream. */
const channels = new Map();
let connection = null;
let isPageVisible = true;
let maxViewAgeMs = 500;
/** Families of codecs that this browser decodes, best first; null before that is known. */
let codecs = null;

/** One name of each family that Sightline passes on. */
const probes = {
  avc1: "avc1.42001f",
  hev1: "hev1.1.6.L93.90",
  vp8: "vp8",
  vp09: "vp09.00.41.08",
  av01: "av01.0.08M.08",
};

findCodecs().then((found) => {
  codecs = found;
  arrange();
});

/** None over plain http, but from this machine. */
async function findCodecs() {
  if (typeof VideoDecoder === "undefined") return [];
  const found = [];
  for (const [family, codec] of Object.entries(probes)) {
    const { supported } = await VideoDecoder.isConfigSupported({ codec }).catch(() => ({}));
    if (supported) found.push(family);
  }
  return found;
}

page.addEventListener("message", ({ data }) => {
  const view = views.get(data.id);
  switch (data.type) {
    case "open":
      connection = new Connection(data.url, data.key, { onOpen, onState, onMessage, onText });
      break;
    case "key":
      connection.useKey(data.key);
      break;
    case "page":
      isPageVisible = data.isVisible;
      break;
    case "add": {
      const { id } = data;
      const view = { id, stream: null, isVisible: false, picture: null };
      view.picture = new PictureView((...drawn) => onDrawn(view, ...drawn));
      views.set(id, view);
      break;
    }
    case "taken": {
      if (view === undefined) return;
      const isStale = view.picture.taken();
      const player = channels.get(view.stream)?.player;
      if (isStale) player?.redraw(view.picture);
      player?.present();
      return;
    }
    case "change":
      if (view === undefined) return;
      if (view.stream !== data.stream) {
        leave(view);
        view.picture.clear();
      }
      view.stream = data.stream;
      view.isVisible = data.isVisible;
      view.picture.mode = data.mode;
      view.picture.layers = new Set(data.layers);
      view.picture.resize(data.width, data.height);
      break;
    case "remove":
      if (view === undefined) return;
      leave(view);
      views.delete(data.id);
      break;
  }
  arrange();
  const changed = views.get(data.id);
  // What is drawn may have become more, or less, or larger.
  if (data.type === "change") channels.get(changed.stream)?.player.redraw(changed.picture);
});

function leave(view) {
  channels.get(view.stream)?.player.views.delete(view.picture);
}

/** Watches just the streams that can be seen; without any there is no connection. */
function arrange() {
  const wanted = new Map();
  for (const view of views.values()) {
    if (!isPageVisible || !view.isVisible || !view.stream) continue;
    wanted.set(view.stream, [...wanted.get(view.stream) ?? [], view]);
  }
  for (const [stream, channel] of channels) {
    if (wanted.has(stream)) continue;
    connection.tell({ type: "stop", channel: channel.number });
    channel.player.close();
    channels.delete(stream);
  }
  for (const [stream, shown] of codecs === null ? [] : wanted) {
    let channel = channels.get(stream);
    if (channel === undefined) {
      channels.set(stream, channel = open(stream));
      watch(channel);
    }
    const { views: joined } = channel.player;
    const seen = new Set(shown.map(({ picture }) => picture));
    for (const picture of joined) if (!seen.has(picture)) joined.delete(picture);
    for (const picture of seen) {
      if (joined.has(picture)) continue;
      picture.begin();
      joined.add(picture);
    }
  }
  connection?.want(channels.size > 0);
}

function open(stream) {
  const used = new Set([...channels.values()].map(({ number }) => number));
  let number = 0;
  while (used.has(number)) number++;
  const player = new Player(
    (sequence) => connection.acknowledge(number, sequence),
    () => connection.serverNowMs,
    (family) => {
      const channel = channels.get(stream);
      if (channel === undefined) return;
      channel.codecs = channel.codecs.filter((other) => other !== family);
      watch(channel);
    },
  );
  return { stream, number, player, codecs, state: null, retry: 0 };
}

function watch({ number, stream, codecs }) {
  connection?.tell({ type: "watch", channel: number, stream, codecs });
}

function onOpen() {
  for (const channel of channels.values()) {
    channel.player.reset();
    watch(channel);
  }
}

function onState() {
  for (const channel of channels.values()) report(channel);
}

function onMessage(message) {
  const channel = byNumber(message.channel);
  if (channel === undefined) return;
  const { codec } = channel.player;
  channel.player.onMessage(message);
  // The next state may be a second away.
  if (channel.player.codec !== codec) report(channel);
}

function onText(message) {
  if (message.type === "states") {
    for (const { channel: number, ...state } of message.states) {
      const channel = byNumber(number);
      if (channel === undefined) continue;
      channel.state = state;
      report(channel);
    }
  } else if (message.type === "watching") {
    const channel = byNumber(message.channel);
    if (channel !== undefined) channel.player.maxAgeMs = message.maxFrameAgeMs;
    maxViewAgeMs = message.maxViewAgeMs;
  } else if (message.type === "gone") {
    const channel = byNumber(message.channel);
    if (channel === undefined) return;
    channel.state = null;
    channel.player.reset();
    report(channel, true);
    // It may come back: the configuration was changed.
    clearTimeout(channel.retry);
    channel.retry = setTimeout(
      () => channels.get(channel.stream) === channel && watch(channel),
      1000,
    );
  }
}

function byNumber(number) {
  for (const channel of channels.values()) if (channel.number === number) return channel;
  return undefined;
}

function report({ stream, state, player }, isGone = false) {
  for (const view of views.values()) {
    if (view.stream !== stream) continue;
    page.postMessage({
      type: "state",
      id: view.id,
      connection: connection.state,
      isGone,
      codec: player.codec,
      maxViewAgeMs,
      ...state,
    });
  }
}

/**
 * The page gets what was drawn together with what it is, so that the age on the screen is that of
 * the picture on the screen.
 */
async function onDrawn(
  { id, stream },
  drawn,
  { ptsUs, capturedAtUs, width, height },
  records,
  isNew,
) {
  const bitmap = await drawn;
  const serverNowMs = connection.serverNowMs;
  const message = {
    type: "picture",
    id,
    stream,
    bitmap,
    isNew,
    ptsUs,
    capturedAtUs,
    width,
    height,
    ageMs: serverNowMs === null ? null : serverNowMs - capturedAtUs / 1000,
    atMs: performance.timeOrigin + performance.now(),
    detections: records.reduce((sum, { detections }) => sum + detections.length, 0),
  };
  page.postMessage(message, [bitmap]);
}
