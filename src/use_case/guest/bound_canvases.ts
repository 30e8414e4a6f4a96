/** Limits the size of the canvases and bitmaps that a plugin makes. */

/** 8192 by 8192: what the live view, or a frame, never exceeds. */
const mostPixels = 2 ** 26;

/**
 * Their memory lies outside of JavaScript's: where there is not enough of it the process ends, which
 * for a Worker is Sightline. So what is larger than any picture is refused.
 */
export function boundCanvases(): void {
  replaceLazily("OffscreenCanvas", (Canvas: typeof OffscreenCanvas) => {
    for (const side of ["width", "height"] as const) boundSide(Canvas.prototype, side);
    const bounded = new Proxy(Canvas, {
      construct(target, [width, height, ...rest], asNew) {
        check(width, height);
        return Reflect.construct(target, [width, height, ...rest], asNew);
      },
    });
    Canvas.prototype.constructor = bounded;
    return bounded;
  });
  replaceLazily("createImageBitmap", (create: typeof createImageBitmap) => {
    return function createBoundedBitmap(...args: unknown[]) {
      const [, sx, , sw, sh, more] = args;
      const options = Object(typeof sx === "number" ? more : sx) as ImageBitmapOptions;
      if (typeof sx === "number") check(sw, sh);
      const { resizeWidth = 1, resizeHeight = 1 } = options;
      // One side alone may be given: the other one follows the source.
      check(resizeWidth, resizeHeight);
      return Reflect.apply(create, globalThis, args);
    };
  });
}

/** Most plugins touch neither, and the runtime loads them when they are touched. */
function replaceLazily<Value>(name: string, make: (original: Value) => unknown): void {
  if (!(name in globalThis)) return;
  const before = Object.getOwnPropertyDescriptor(globalThis, name)!;
  let made: unknown;
  Object.defineProperty(globalThis, name, {
    enumerable: before.enumerable ?? false,
    get: () => made ??= make((before.get ? before.get.call(globalThis) : before.value) as Value),
  });
}

function boundSide(prototype: OffscreenCanvas, side: "width" | "height"): void {
  const original = Object.getOwnPropertyDescriptor(prototype, side)!;
  Object.defineProperty(prototype, side, {
    ...original,
    set(this: OffscreenCanvas, value: unknown) {
      check(value, side === "width" ? this.height : this.width);
      original.set!.call(this, value);
    },
  });
}

function check(width: unknown, height: unknown): void {
  const [across, down] = [Number(width), Number(height)];
  if (Math.max(across, 1) * Math.max(down, 1) <= mostPixels) return;
  // What is no number at all is for the original to refuse.
  if (Number.isNaN(across) || Number.isNaN(down)) return;
  throw new RangeError(
    `Cannot make a picture of ${across}×${down} pixels: a use case may have ${mostPixels} at most`,
  );
}
