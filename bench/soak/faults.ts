import { listTree } from "../process_tree.ts";
import type { CameraServers } from "./camera_servers.ts";

/** A fault that is injected, and ends again. */
export interface Fault {
  readonly name: string;
  strike(): void | Promise<void>;
  mend(): void | Promise<void>;
}

/** A few cameras lose power, and come back. */
export function cameraFault(cameras: CameraServers): Fault {
  let turn = 0;
  return {
    name: "cameras killed",
    strike: () => cameras.kill(turn % cameras.count),
    mend: () => cameras.restart(turn++ % cameras.count),
  };
}

/** The model server crashes, and comes back. */
export function serverFault(server: { kill(): Promise<void>; restart(): Promise<void> }): Fault {
  return {
    name: "model server killed",
    strike: () => server.kill(),
    mend: () => server.restart(),
  };
}

/** A viewer opens a video and never reads. */
export function viewerFault(port: number, streams: number): Fault {
  let turn = 0;
  let viewer: Deno.Conn | undefined;
  return {
    name: "viewer hung",
    async strike() {
      viewer = await Deno.connect({ hostname: "127.0.0.1", port });
      const path = `/streams/cam${turn++ % streams}/video_feed`;
      const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
      await viewer.write(new TextEncoder().encode(request));
    },
    mend: () => viewer?.close(),
  };
}

/** The process of a plugin is killed, as the system does when memory runs out. */
export function pluginFault(root: number): Fault {
  let turn = 0;
  return {
    name: "plugin killed",
    async strike() {
      const plugins = (await listTree(root)).slice(1).filter(({ command }) => command === "deno");
      const victim = plugins[turn++ % plugins.length];
      if (victim === undefined) throw new Error("Cannot kill a plugin: none has a process");
      Deno.kill(victim.pid, "SIGKILL");
    },
    mend() {},
  };
}
