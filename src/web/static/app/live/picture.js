/* The live picture of a stream, and what is known of it while it is shown. */

import { SightlineStream } from "../../live/sightline_stream.js";
import { signIn } from "../api.js";
import { html, useEffect, useRef } from "../dom.js";
import { t } from "../texts.js";

for (const name of Object.keys(SightlineStream.words)) {
  SightlineStream.words[name] = t(`condition.${name}`);
}

/** What the element is said to draw. */
const layerNames = { ages: "age" };

/**
 * `layers`: names as in the switches; `onState` gets what the element knows, and `onSize` the size of
 * its pictures, whenever it changes.
 */
export function Picture({ name, mode, layers, onState, onSize }) {
  const element = useRef(null);
  const listeners = useRef({});
  listeners.current = { onState, onSize };
  useEffect(() => {
    const stream = element.current;
    let last = "";
    const onChange = () => {
      if (stream.state.connection === "refused") signIn();
      listeners.current.onState?.(stream.state);
    };
    const onPicture = ({ detail: { width, height } }) => {
      if (last === `${width} ${height}`) return;
      last = `${width} ${height}`;
      listeners.current.onSize?.({ width, height });
    };
    stream.addEventListener("sightline-state", onChange);
    stream.addEventListener("sightline-picture", onPicture);
    onChange();
    return () => {
      stream.removeEventListener("sightline-state", onChange);
      stream.removeEventListener("sightline-picture", onPicture);
    };
  }, []);
  const drawn = layers.map((layer) => layerNames[layer] ?? layer).join(" ");
  return html`
    <sightline-stream ref=${element} class="picture" stream=${name} mode=${mode}
      layers=${drawn} />
  `;
}
