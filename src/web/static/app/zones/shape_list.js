/* The shapes by name, with what each would have counted. */

import { IconButton, TextField } from "../controls.js";
import { html } from "../dom.js";
import { inNumber } from "../format.js";
import { t } from "../texts.js";
import { isSame, shapesOf, without, withShape } from "./shapes.js";

/** `counts` null: not known, or not yet. */
export function ShapeList({ scene, counts, selected, onSelect, onChange }) {
  const shapes = shapesOf(scene);
  if (shapes.length === 0) return html`<p class="dim">${t("zones.none")}</p>`;
  return html`
    <ul class="shape-list">
      ${shapes.map((shape) =>
        html`
          <li
            key=${`${shape.kind} ${shape.index}`} class=${isSame(shape, selected) ? "selected" : ""}
            data-kind=${shape.kind} onFocusIn=${() => onSelect(shape)} onClick=${() =>
              onSelect(shape)}
          >
            <i class="mark" aria-hidden="true"></i>
            ${shape.kind === "mask" ? html`<span class="name">${shape.name}</span>` : html`
              <${TextField}
                aria-label=${t("zones.name")} maxlength="64" value=${shape.name}
                onChange=${(name) => onChange(withShape(scene, shape, { name }))}
              />
              <${TextField}
                aria-label=${t("zones.labels", { name: shape.name })} placeholder=${t(
                  "zones.any_label",
                )}
                value=${(settingsOf(scene, shape).labels ?? []).join(", ")}
                onChange=${(labels) =>
                  onChange(withShape(scene, shape, { labels: labelsOf(labels) }))}
              />
            `}
            <${IconButton}
              icon="close" name=${t("zones.remove", { name: shape.name })}
              onClick=${(event) => {
                event.stopPropagation();
                onSelect(null);
                onChange(without(scene, shape));
              }}
            />
            <p class="count">${countOf(shape, counts)}</p>
          </li>
        `
      )}
    </ul>
  `;
}

function settingsOf(scene, { kind, index }) {
  return scene[`${kind}s`][index];
}

/** undefined: any. */
function labelsOf(text) {
  const labels = text.split(",").map((label) => label.trim()).filter((label) => label !== "");
  return labels.length === 0 ? undefined : labels;
}

function countOf({ kind, name }, counts) {
  if (kind === "zone" && counts?.zones[name]) {
    const { entered, dwelled } = counts.zones[name];
    const stayed = dwelled > 0 ? `, ${t("zones.dwelled", { count: inNumber(dwelled) })}` : "";
    return t("zones.entered", { count: inNumber(entered) }) + stayed;
  }
  if (kind === "line" && counts?.lines[name]) {
    const { left, right } = counts.lines[name];
    return t("zones.crossed", { left: inNumber(left), right: inNumber(right) });
  }
  return "";
}
