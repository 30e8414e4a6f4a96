/* The state of each part between the camera and this page, as far as the page knows it. */

import { html } from "../dom.js";
import { t } from "../texts.js";

const parts = ["sightline", "camera", "model", "plugin"];

const tones = {
  sightline: { open: "good", connecting: "busy", lost: "bad", refused: "bad" },
  camera: {
    live: "good",
    connecting: "busy",
    frozen: "bad",
    away: "bad",
    failed: "bad",
    ended: "off",
  },
  model: { ok: "good", slow: "busy", away: "bad", none: "off" },
  plugin: { ok: "good", failing: "bad" },
};

const toneOfCondition = {
  live: "good",
  behind: "busy",
  connecting: "busy",
  frozen: "bad",
  away: "bad",
  failed: "bad",
  lost: "bad",
  refused: "bad",
  gone: "off",
  ended: "off",
};

/** What an element knows before it has said anything. */
export const unknown = { condition: "connecting", connection: "closed", detail: null };

/** The tone of a stream as a whole: `good`, `busy`, `bad` or `off`. */
export function toneOf({ condition, model, plugin }) {
  const tone = toneOfCondition[condition] ?? "off";
  if (tone !== "good") return tone;
  return model === "away" || plugin === "failing" ? "bad" : model === "slow" ? "busy" : "good";
}

/** One word for the stream, or two. */
export function wordsOf({ condition, model, plugin }) {
  if (condition !== "live") return t(`state.${condition}`);
  if (model === "away") return t("state.model_away");
  if (plugin === "failing") return t("state.plugin_failing");
  return t(model === "slow" ? "state.model_slow" : "state.live");
}

/** Four signs: each differs by form as well as by colour. Where nothing is known they say so. */
export function Signs({ state }) {
  const values = {
    sightline: state.connection,
    camera: state.camera,
    model: state.model,
    plugin: state.plugin,
  };
  return html`
    <ul class="signs">
      ${parts.map((part) => {
        const tone = tones[part][values[part]];
        const words = t(`sign.${part}.${tone === undefined ? "unknown" : values[part]}`);
        return html`
          <li key=${part} data-part=${part} data-tone=${tone ?? "off"} title=${words}>
            <i aria-hidden="true"></i><span>${t(`sign.${part}`)}</span>
            <span class="unseen">${words}</span>
          </li>
        `;
      })}
    </ul>
  `;
}
