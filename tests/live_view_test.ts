/** The live view with real processes: ffmpeg as camera, decoder and encoder, viewers over HTTP. */

import { collectLog } from "./support/log_lines.ts";
import assert from "node:assert/strict";
import { Image } from "imagescript";
import { frameOf } from "./support/samples.ts";
import { startCamera } from "./support/with_tap.ts";
import { poll } from "./support/poll.ts";
import { withView } from "./support/with_view.ts";
import { withHangingViewer } from "./support/with_hanging_viewer.ts";

/** Pictures that hardly compress, so that a viewer who does not read is soon full. */
const noise = "color=c=gray:s=640x360:r=25,noise=alls=100:allf=t";
const plain = "color=c=0x303030:s=320x180:r=25";

Deno.test("nothing is spawned, decoded or encoded without viewers", async () => {
  await withView(async ({ view }) => {
    let pictures = 0;
    await using _camera = startCamera({
      pictures: plain,
      tap: view.tap,
      onPicture: (ptsMs) => {
        pictures++;
        view.annotate(frameOf({ ptsMs, capturedAtMs: Date.now() }), {});
      },
    });
    await poll("a second of pictures", () => pictures > 25);
    const before = await children();
    assert.equal(view.encodes, 0);
    const viewer = new AbortController();
    const watching = take(view.watch(viewer.signal), 3);
    assert.equal((await watching).length, 3);
    assert.equal(view.viewers, 0);
    await poll("the end of decoder and encoder", async () => (await children()) === before);
    const { encodes } = view;
    await poll("another second of pictures", () => pictures > 150);
    assert.equal(view.encodes, encodes);
  });
});

Deno.test("ten viewers cost one encode", async () => {
  await withView(async ({ view, url }) => {
    await using _camera = startCamera({ pictures: plain, tap: view.tap });
    const viewers = Array.from({ length: 10 }, () => openVideo(url("/video_feed")));
    await Promise.all(viewers.map(({ pictures }) => pictures(1)));
    assert.equal(view.viewers, 10);
    const before = view.encodes;
    await Promise.all(viewers.map(({ pictures }) => pictures(20)));
    const encodes = view.encodes - before;
    // 200 pictures were received; a late start saw a few more go by.
    assert.ok(encodes >= 18 && encodes <= 40, `${encodes} encodes for 10 × 20 pictures`);
    await Promise.all(viewers.map(({ close }) => close()));
    await poll("no viewers", () => view.viewers === 0);
  });
});

Deno.test("a picture that the use case must draw into is not shown without", async () => {
  let results = false;
  let refuse = true;
  const draw = () => {
    if (refuse) throw new Error("not now");
  };
  await withView(async ({ view }) => {
    let pictures = 0;
    await using _camera = startCamera({
      pictures: plain,
      tap: view.tap,
      onPicture: (ptsMs) => {
        pictures++;
        if (results) view.annotate(frameOf({ ptsMs, capturedAtMs: Date.now() }), {});
      },
    });
    const viewer = new AbortController();
    const watching = take(view.watch(viewer.signal), Infinity);
    const passed = async (count: number) => {
      const wanted = pictures + count;
      await poll(`${count} pictures`, () => pictures > wanted);
    };
    await passed(60);
    assert.equal(view.encodes, 0, "pictures without a result");
    results = true;
    await passed(60);
    assert.equal(view.encodes, 0, "pictures that the use case failed on");
    refuse = false;
    await poll("pictures that it has drawn into", () => view.encodes > 3);
    viewer.abort();
    await watching;
  }, { draw, mustDraw: () => ["door"] });
});

Deno.test("what is too much to draw is left out, and told of once", async () => {
  using log = collectLog("plugin");
  const { logger, levelled: lines } = log;
  const points = Array.from({ length: 500 }, (_, index) => [index % 2, index / 500] as const);
  const annotations = Array.from({ length: 500 }, () => ({ kind: "polyline" as const, points }));
  await withView(async ({ view }) => {
    await using _camera = startCamera({
      pictures: plain,
      tap: view.tap,
      onPicture: (ptsMs) =>
        view.annotate(frameOf({ ptsMs, capturedAtMs: Date.now() }), { annotations }),
    });
    await take(view.watch(new AbortController().signal), 10);
  }, { logger });
  assert.deepEqual(lines.slice(1), [
    "warning: Live view: some of what door has to show is left out, drawing all of it takes too long",
  ]);
});

Deno.test("a viewer that never reads harms no other, and is cut off", async () => {
  await withView(async ({ view, web, url }) => {
    await using _camera = startCamera({ pictures: noise, tap: view.tap });
    using hung = await withHangingViewer(web.port);
    await poll("the viewer that hangs", () => view.viewers === 1);
    const reader = openVideo(url("/video_feed"));
    await reader.pictures(1);
    const before = view.encodes;
    await reader.pictures(30);
    assert.ok(view.encodes - before <= 45, "the reader missed pictures");
    await poll("the end of the viewer that hangs", async () => {
      await reader.pictures(1);
      return view.viewers === 1;
    }, 60_000);
    // Its socket is closed as well: behind what was under way stands the end.
    let bytes = 0;
    const count = new WritableStream<Uint8Array>({ write: (part) => void (bytes += part.length) });
    await hung.readable.pipeTo(count).catch(() => {});
    // What its own side takes unread, and a picture or two: our side's buffers hold megabytes.
    assert.ok(bytes < 1_500_000, `${bytes} bytes were under way`);
    assert.equal(view.viewers, 1);
    await reader.close();
  }, { patienceMs: 1000 });
});

Deno.test("shutdown does not wait for viewers that hang", async () => {
  let endedMs = 0;
  let hung: Deno.TcpConn | undefined;
  await withView(async ({ view, web }) => {
    hung = await withHangingViewer(web.port);
    await poll("the viewer", () => view.viewers === 1);
    endedMs = performance.now();
    await web[Symbol.asyncDispose]();
    endedMs = performance.now() - endedMs;
    assert.ok(endedMs < 1000, `ended after ${endedMs} ms`);
    await poll("no viewers", () => view.viewers === 0);
  });
  hung?.close();
});

Deno.test("without a camera the video says so", async () => {
  await withView(async ({ status, url }) => {
    Object.assign(status, { state: "reconnecting", detail: "connection refused" });
    const viewer = openVideo(url("/video_feed"));
    const [jpeg] = await viewer.pictures(1);
    assert.deepEqual(jpeg!.subarray(0, 2), Uint8Array.of(0xff, 0xd8));
    await viewer.close();
  });
});

Deno.test("the view goes on with another picture size after garbage", async () => {
  await withView(async ({ view, url }) => {
    const viewer = openVideo(url("/video_feed"));
    view.tap.begin();
    view.tap.describe({
      video: {
        codec: "h264",
        fourcc: "H264",
        width: 320,
        height: 180,
        extradata: new Uint8Array(0),
      },
      audio: null,
    });
    for (let count = 0; count < 20; count++) {
      const data = crypto.getRandomValues(new Uint8Array(188 * 100));
      view.tap.write({
        kind: "video",
        data,
        keyframe: count % 5 === 0,
        ptsMs: count * 40,
        capturedAtMs: Date.now(),
      });
    }
    for (const [width, height] of [[320, 180], [240, 320]] as const) {
      await using _camera = startCamera({
        pictures: `color=c=red:s=${width}x${height}:r=25`,
        tap: view.tap,
      });
      await poll(`a picture of ${width}x${height}`, async () => {
        const [jpeg] = await viewer.pictures(1);
        const image = await Image.decode(jpeg!) as Image;
        return image.width === width && image.height === height;
      });
    }
    await viewer.close();
  });
});

Deno.test("a frozen decoder is replaced", async () => {
  await withView(async ({ view, url }) => {
    await using _camera = startCamera({ pictures: noise, tap: view.tap });
    const viewer = openVideo(url("/video_feed"));
    await viewer.pictures(3);
    for (const pid of await decoders()) Deno.kill(pid, "SIGSTOP");
    const before = view.encodes;
    await poll("pictures of another decoder", async () => {
      await viewer.pictures(1);
      return view.encodes > before + 20;
    }, 30_000);
    await viewer.close();
  });
});

async function take<T>(values: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const value of values) if (taken.push(value) === count) break;
  return taken;
}

/** A viewer as any program that understands `multipart/x-mixed-replace`. */
function openVideo(url: URL) {
  const ending = new AbortController();
  const parts = readParts(url, ending.signal);
  return {
    /** The next pictures. */
    async pictures(count: number): Promise<Uint8Array[]> {
      const taken: Uint8Array[] = [];
      while (taken.length < count) {
        const { value, done } = await parts.next();
        if (done) throw new Error("the video has ended");
        taken.push(value);
      }
      return taken;
    },
    async close(): Promise<void> {
      ending.abort();
      await parts.next().catch(() => {});
    },
  };
}

async function* readParts(url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const response = await fetch(url, { signal });
  let rest = new Uint8Array(0);
  for await (const bytes of response.body!) {
    rest = await new Blob([rest, bytes]).bytes();
    for (;;) {
      const head = new TextDecoder("latin1").decode(rest.subarray(0, 200));
      const match = /content-length: (\d+)\r\n\r\n/.exec(head);
      if (match === null) break;
      const begin = match.index + match[0].length;
      const end = begin + Number(match[1]);
      if (rest.length < end) break;
      yield rest.slice(begin, end);
      rest = rest.slice(end);
    }
  }
}

/** How many children this process has. */
async function children(): Promise<number> {
  return (await processes()).length;
}

async function decoders(): Promise<number[]> {
  return (await processes()).filter((line) => line.includes("showinfo")).map((line) =>
    parseInt(line)
  );
}

async function processes(): Promise<string[]> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "pid=,args=", "--ppid", String(Deno.pid)],
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  // Those that have ended, and ps itself, do not count.
  return lines.filter((line) => !/ ps |<defunct>/.test(line)).map((line) => line.trim());
}

Deno.test("small pictures come of key frames only", async () => {
  await withView(async ({ view, url }) => {
    let frames = 0;
    await using _camera = startCamera({
      pictures: "testsrc=s=1280x720:r=25",
      tap: view.tap,
      group: 10,
      onPicture: () => frames++,
    });
    const end = new AbortController();
    let width = 0;
    const watching = (async () => {
      for await (const jpeg of view.watch(end.signal, undefined, "small")) {
        ({ width } = await Image.decode(jpeg) as Image);
      }
    })();
    await poll("ten groups of pictures", () => frames >= 100);
    assert.equal(width, 480);
    assert.ok(view.encodes >= 3 && view.encodes <= 12, `${view.encodes} encodes of 100 pictures`);
    end.abort();
    await watching;
    const snapshot = await fetch(url("/streams/door/snapshot.jpg?size=small"));
    assert.equal((await Image.decode(await snapshot.bytes()) as Image).height, 270);
  });
});
