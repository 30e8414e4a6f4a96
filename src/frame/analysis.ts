/** The result of a use case for one frame. */

import type { Region } from "./frame.ts";

/**
 * A box in fractions (0…1) of the camera's picture, origin top left, whatever the model saw
 * (a letterbox is undone).
 */
export type Box = Region;

/** One object that was found. */
export interface Detection {
  /** Name of the class, such as `person`. */
  readonly label: string;
  /** Number of the class as the model knows it. */
  readonly labelId: number;
  /** 0…1. */
  readonly confidence: number;
  /** Where it is in the picture. */
  readonly box: Box;
  /**
   * Number of the object that it shows, the same from frame to frame, from 1; absent when
   * objects are not tracked.
   */
  readonly trackId?: number;
  /** What a secondary model said of it; Sightline adds it, not the use case. */
  readonly secondary?: SecondaryAnalysis;
}

/** What a secondary model said of one object, having looked at its part of the picture alone. */
export interface SecondaryAnalysis {
  /** The name of its use case. */
  readonly useCase: string;
  /** Classes it gave to the object. */
  readonly classifications?: readonly Classification[];
  /** Boxes are fractions of the camera's whole picture, as everywhere. */
  readonly detections?: readonly Detection[];
  /** Free data of its use case; anything JSON can hold. */
  readonly data?: unknown;
}

/** A class given to the whole picture. */
export interface Classification {
  /** Name of the class, such as `day`. */
  readonly label: string;
  /** Number of the class as the model knows it. */
  readonly labelId: number;
  /** 0…1. */
  readonly confidence: number;
}

/** Something that happened: a line was crossed, a zone was entered. */
export interface AnalysisEvent {
  /** What kind of event, such as `line_crossed`. */
  readonly type: string;
  /** Anything JSON can hold. */
  readonly [key: string]: unknown;
}

/** Something to draw that is no detection: a line, a zone, a caption. Fractions of the picture. */
export type Annotation =
  | {
    readonly kind: "polyline";
    readonly points: readonly (readonly [x: number, y: number])[];
    readonly closed?: boolean;
    /** `#rrggbb`. @default {"#ffffff"} */
    readonly color?: string;
  }
  | {
    readonly kind: "text";
    readonly x: number;
    readonly y: number;
    readonly text: string;
    /** `#rrggbb`. @default {"#ffffff"} */
    readonly color?: string;
  };

/** The outcome of one frame. Leave out what the use case does not produce. */
export interface Analysis {
  /** Objects that were found. */
  readonly detections?: readonly Detection[];
  /** Classes of the picture as a whole, most likely first. */
  readonly classifications?: readonly Classification[];
  /** What happened at this frame. */
  readonly events?: readonly AnalysisEvent[];
  /** What the live view draws besides the detections. */
  readonly annotations?: readonly Annotation[];
  /** Free data for the record; anything JSON can hold. */
  readonly data?: unknown;
}
