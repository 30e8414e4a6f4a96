import { clipsFolder, ensureClip } from "../clip.ts";
import { type CameraServer, startCameras } from "../streams.ts";

/** Cameras of one server, which die together. */
const camerasPerServer = 4;

const shape = { width: 320, height: 180, fps: 5 };

/** Many cameras behind several servers, each of which can be killed and come back. */
export class CameraServers implements AsyncDisposable {
  readonly #servers: CameraServer[];

  private constructor(servers: CameraServer[]) {
    this.#servers = servers;
  }

  /** Starts enough servers for so many cameras. */
  static async start(cameras: number): Promise<CameraServers> {
    await ensureClip(clipsFolder, shape);
    const count = Math.ceil(cameras / camerasPerServer);
    const starts = Array.from({ length: count }, () => startCameras(shape, camerasPerServer));
    return new CameraServers(await Promise.all(starts));
  }

  /** Servers, dead ones included. */
  get count(): number {
    return this.#servers.length;
  }

  url(camera: number): string {
    const server = this.#servers[Math.floor(camera / camerasPerServer)]!;
    return server.url(`cam${camera % camerasPerServer}`);
  }

  async kill(server: number): Promise<void> {
    await this.#servers[server]!.kill();
  }

  async restart(server: number): Promise<void> {
    const { port } = this.#servers[server]!;
    this.#servers[server] = await startCameras(shape, camerasPerServer, port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server[Symbol.asyncDispose]()));
  }
}
