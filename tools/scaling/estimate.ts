/** Estimates the need of many cameras from the measured need of one. */

/** `bench/figures.json`: one camera, measured. */
export interface Figures {
  /** Frames a second that were analysed. */
  readonly measured_fps: number;
  /** Cores of ffmpeg, which decodes every frame whatever is analysed. */
  readonly decode_cores: number;
  /** Cores of Sightline itself at `measured_fps`. */
  readonly own_cores: number;
  /** Memory of one ffmpeg. */
  readonly ffmpeg_mb: number;
  /** Memory of one Sightline process without its streams. */
  readonly process_mb: number;
  /** Memory of Sightline's for each stream. */
  readonly stream_mb: number;
  /** What the camera sends. */
  readonly camera_mbit: number;
  /** One frame as it goes to the model server. */
  readonly request_kb: number;
  /** One record. */
  readonly record_kb: number;
}

/** What they need. */
export interface Estimate {
  readonly cores: number;
  readonly processes: number;
  readonly memoryGb: number;
  readonly fromCamerasGbit: number;
  readonly toModelsGbit: number;
  readonly recordsMbit: number;
}

/** One thread of JavaScript is one core; so much of it is given to the steady state. */
const usableCore = 0.7;

/** Assumes that each camera costs what the one did, and Sightline's own part grows with the frames. */
export function estimate(cameras: number, fps: number, figures: Figures): Estimate {
  const own = figures.own_cores * fps / figures.measured_fps;
  const processes = Math.ceil(cameras / Math.max(1, Math.floor(usableCore / own)));
  const frames = cameras * fps;
  return {
    cores: cameras * (figures.decode_cores + own),
    processes,
    memoryGb: (cameras * (figures.ffmpeg_mb + figures.stream_mb) +
      processes * figures.process_mb) / 1000,
    fromCamerasGbit: cameras * figures.camera_mbit / 1000,
    toModelsGbit: frames * figures.request_kb * 8 / 1e6,
    recordsMbit: frames * figures.record_kb * 8 / 1000,
  };
}
