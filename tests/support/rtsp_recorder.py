#!/usr/bin/python3
"""An RTSP server that others push to (ANNOUNCE, RECORD), and that decodes what comes, by GStreamer.

  rtsp_recorder.py WIDTH HEIGHT OUT

Takes H.264 at /live, over TCP, and writes each picture to OUT as RGB, three bytes a pixel. Prints
`port N` once it listens.
"""
import os, signal, sys
import gi
for name in ("Gst", "GstRtspServer", "GstRtsp"):
    gi.require_version(name, "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer


def main():
    width, height, out = sys.argv[1:]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
    factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
    factory.set_latency(0)
    factory.set_launch(
        "( rtph264depay name=depay0 ! h264parse ! openh264dec ! videoconvert "
        f"! video/x-raw,format=RGB,width={width},height={height} ! filesink append=true buffer-mode=unbuffered location={out} )")
    server.get_mount_points().add_factory("/live", factory)
    if not server.attach(None):
        raise SystemExit("Cannot listen on 127.0.0.1")
    print(f"port {server.get_bound_port()}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    GLib.MainLoop().run()


main()
