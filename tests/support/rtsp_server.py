#!/usr/bin/python3
"""An RTSP camera for tests: serves pre-encoded clips in a loop, at their own pace, never re-encoding.

  rtsp_server.py [--port 0] [--user U --password P [--digest]] [--pushes] NAME=CLIP ...

CLIP is an elementary stream (.h264, .h265 with access unit delimiters, .mjpeg); beside it stands
CLIP.pts, one presentation time in seconds for each access unit. Prints `port N` once it listens and,
with --pushes, `push NAME index time` for each access unit handed over.
"""
import argparse, os, signal, sys, threading, time
import gi
for name in ("Gst", "GstRtspServer", "GstRtsp", "GstApp"):
    gi.require_version(name, "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer, GstApp  # noqa: GstApp types appsrc

CODECS = {  # suffix: (what each access unit starts with, caps, parser and payloader)
    ".h264": (b"\0\0\0\1\x09", "video/x-h264,stream-format=byte-stream,alignment=au",
              "h264parse config-interval=-1 ! rtph264pay config-interval=-1 aggregate-mode=zero-latency"),
    ".h265": (b"\0\0\0\1\x46", "video/x-h265,stream-format=byte-stream,alignment=au",
              "h265parse config-interval=-1 ! rtph265pay config-interval=-1 aggregate-mode=zero-latency"),
    ".mjpeg": (b"\xff\xd8\xff", "image/jpeg", "jpegparse ! rtpjpegpay"),
}


class Camera:
    def __init__(self, name, path, report, sound):
        self.sound = "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc " \
            f"! valve drop-mode=transform-to-gap drop={sound == 'announced'} " \
            "! rtppcmapay name=pay1 pt=8" if sound else ""
        mark, self.caps, self.pay = CODECS[os.path.splitext(path)[1]]
        self.name, self.report, self.run = name, report, 0
        with open(path, "rb") as file:
            data = file.read()
        starts, at = [], data.find(mark)
        while at >= 0:
            starts.append(at)
            at = data.find(mark, at + len(mark))
        self.units = [data[a:b] for a, b in zip(starts, starts[1:] + [len(data)])]
        with open(path + ".pts") as file:
            self.times = [float(line) for line in file]
        assert len(self.units) == len(self.times), f"{len(self.units)} units, {len(self.times)} times"
        count = len(self.times)
        self.step = (max(self.times) - min(self.times)) / (count - 1)
        self.delay = max(index * self.step - time for index, time in enumerate(self.times))

    def factory(self):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( appsrc name=src is-live=true format=time caps={self.caps} ! {self.pay} name=pay0 pt=96 {self.sound} )")
        factory.set_shared(True)
        factory.set_latency(0)
        factory.connect("media-configure", self.configure)
        return factory

    def configure(self, _factory, media):
        self.run += 1
        source = media.get_element().get_child_by_name("src")
        threading.Thread(target=self.push, args=(source, self.run), daemon=True).start()

    def push(self, source, run):
        index, start = 0, time.monotonic()
        while run == self.run:
            late = time.monotonic() - start - index * self.step
            if late < 0:
                time.sleep(-late)
            elif late > 1:  # we were stopped for a while: a camera does not catch up
                start += late
            lap, at = divmod(index, len(self.units))
            buffer = Gst.Buffer.new_wrapped(self.units[at])
            shown = self.times[at] + self.delay + lap * len(self.units) * self.step
            buffer.pts = int(shown * Gst.SECOND)  # never before it is decoded, or h264parse alters it
            buffer.dts = int(index * self.step * Gst.SECOND)
            if self.report:
                sys.stdout.write(f"push {self.name} {index} {time.time():.4f}\n")  # whole, whoever else writes
                sys.stdout.flush()
            if source.push_buffer(buffer) != Gst.FlowReturn.OK:
                break
            index += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", default="0")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--digest", action="store_true")
    parser.add_argument("--pushes", action="store_true")
    parser.add_argument("--sound", choices=["sent", "announced"])
    parser.add_argument("clips", nargs="+")
    options = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    if options.user:
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth = GstRtspServer.RTSPAuth()
        if options.digest:
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
            auth.add_digest(options.user, options.password, token)
        else:
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(options.user, options.password), token)
        server.set_auth(auth)
    for clip in options.clips:
        name, path = clip.split("=", 1)
        factory = Camera(name, path, options.pushes, options.sound).factory()
        if options.user:
            role = Gst.Structure.from_string(
                "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true")[0]
            factory.add_role_from_structure(role)
        server.get_mount_points().add_factory("/" + name, factory)
    if not server.attach(None):
        raise SystemExit(f"Cannot listen on 127.0.0.1:{options.port}")
    print(f"port {server.get_bound_port()}", flush=True)
    GLib.timeout_add_seconds(1, lambda: server.get_session_pool().cleanup() >= 0)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    GLib.MainLoop().run()


main()
