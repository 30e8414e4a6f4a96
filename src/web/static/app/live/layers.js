/* What is drawn over live pictures, and the switches for it. */

import { html } from "../dom.js";
import { useKept } from "../kept.js";
import { t } from "../texts.js";

const layers = ["boxes", "labels", "zones", "trails", "ages"];
const standard = { boxes: true, labels: true, zones: true, trails: false, ages: true };

/** The visitor's choice, kept; `toggleAll` switches all of it off, and on again as it was. */
export function useLayers() {
  const [choice, setChoice] = useKept("layers", standard);
  const [areOff, setAreOff] = useKept("layers_off", false);
  const [mode, setMode] = useKept("mode", "exact");
  return {
    mode,
    setMode,
    areOff,
    isOn: (name) => !areOff && choice[name] === true,
    shown: areOff ? [] : layers.filter((name) => choice[name]),
    toggle(name) {
      // A user who switches one on while all are off wants to see that one.
      if (areOff) {
        setAreOff(false);
        setChoice({ ...Object.fromEntries(layers.map((layer) => [layer, false])), [name]: true });
      } else {
        setChoice({ ...choice, [name]: !choice[name] });
      }
    },
    toggleAll: () => setAreOff(!areOff),
  };
}

/** The switches. */
export function LayerSwitches({ choice }) {
  return html`
    <fieldset class="switches">
      <legend>${t("live.layers")}</legend>
      ${layers.map((name) =>
        html`
          <label key=${name}>
            <input
              type="checkbox" role="switch" checked=${choice.isOn(name)}
              onChange=${() => choice.toggle(name)}
            />
            ${t(`layer.${name}`)}
          </label>
        `
      )}
    </fieldset>
    <label class="field">
      <span>${t("layer.mode")}</span>
      <select value=${choice.mode} onChange=${(event) => choice.setMode(event.target.value)}>
        <option value="exact">${t("mode.exact")}</option>
        <option value="prompt">${t("mode.prompt")}</option>
      </select>
    </label>
  `;
}
