/* Where zones, lines and masks are drawn. Nothing is changed here: the text is to be pasted. */

import { at } from "../base.js";
import { CopyButton, Failure } from "../controls.js";
import { html, useState } from "../dom.js";
import { inNumber } from "../format.js";
import { Picture } from "../live/picture.js";
import { go } from "../router.js";
import { t } from "../texts.js";
import { Drawing } from "./drawing.js";
import { ShapeList } from "./shape_list.js";
import { added, withPoints } from "./shapes.js";
import { useScene, useTrails } from "./use_scene.js";

/** The stream that the address names, or the first. */
export function ZonesPage({ route, streams }) {
  const name = route.name ?? streams?.[0]?.name;
  const isThere = streams?.some((stream) => stream.name === name);
  return html`
    <div class="page zones-page">
      <header class="page-head">
        <h1>${t("zones.title")}</h1>
        ${streams !== null && streams.length > 1 && html`
          <label class="field">
            <span>${t("events.stream")}</span>
            <select value=${name} onChange=${(event) => go(at("zones", event.target.value))}>
              ${streams.map((stream) => html`<option value=${stream.name}>${stream.name}</option>`)}
            </select>
          </label>
        `}
      </header>
      ${streams !== null && !isThere && html`
        <p class="empty">${name === undefined ? t("live.none") : t("live.gone", { name })}</p>
      `}
      ${isThere && html`<${Editor} key=${name} name=${name} />`}
    </div>
  `;
}

function Editor({ name }) {
  const { scene, text, checked, error, draw, type } = useScene(name);
  const trails = useTrails(name);
  const [selected, select] = useState(null);
  const [tool, setTool] = useState(null);
  const [shape, setShape] = useState(16 / 9);
  const onDrawn = (points) => {
    setTool(null);
    if (points === null) return;
    const made = added(scene, tool, points);
    draw(made.scene);
    select(made.shape);
  };
  const onSize = ({ width, height }) => setShape(width / height);
  return html`
    <div class="zones-parts">
      <section aria-label=${t("zones.drawing")}>
        <div class="zone-tools">
          ${["zone", "line", "mask"].map((kind) =>
            html`
              <button
                key=${kind} type="button" class="button" aria-pressed=${tool === kind}
                onClick=${() => setTool(tool === kind ? null : kind)}
              >
                ${t(`zones.draw_${kind}`)}
              </button>
            `
          )}
          <p class="dim" role="status">${tool === null
            ? t("zones.hint")
            : t(`zones.hint_${tool}`)}</p>
        </div>
        <div class="drawing-board" style=${{ aspectRatio: shape }}>
          <${Picture} name=${name} mode="prompt" layers=${[]} onSize=${onSize} />
          <${Drawing}
            scene=${scene} trails=${trails} selected=${selected} tool=${tool}
            onSelect=${select} onDrawn=${onDrawn}
            onMove=${(which, points) => draw(withPoints(scene, which, points))}
          />
        </div>
        <p class="dim">${t("zones.trails", { count: inNumber(trails.length) })}</p>
      </section>
      <section class="zone-side">
        <h2>${t("zones.shapes")}</h2>
        <${ShapeList}
          scene=${scene} counts=${checked?.counts ?? null} selected=${selected}
          onSelect=${select} onChange=${draw}
        />
        <${Verdict} checked=${checked} error=${error} />
        <label class="field">
          <span>${t("zones.yaml", { name })}</span>
          <textarea
            rows="14" spellcheck="false" value=${text ?? ""}
            onInput=${(event) => type(event.target.value)}
          ></textarea>
        </label>
        <div class="links">
          <${CopyButton} text=${text ?? ""} name=${t("zones.copy")} />
        </div>
        <p class="dim">${t("zones.changes_nothing")}</p>
      </section>
    </div>
  `;
}

/** Whether Sightline would take the text, and what it would have counted. */
function Verdict({ checked, error }) {
  if (error !== null) return html`<${Failure} error=${error} />`;
  if (checked === null) {
    return html`<p class="verdict dim" role="status">${t("zones.checking")}</p>`;
  }
  const { problems, counts } = checked;
  if (problems.length > 0) {
    return html`
      <div class="verdict notice" role="status">
        <ul>
          ${problems.map(({ setting, message }) => html`<li><b>${setting}</b> ${message}</li>`)}
        </ul>
      </div>
    `;
  }
  const { objects = 0, ignored = 0 } = counts ?? {};
  return html`
    <p class="verdict right" role="status">
      ${t("zones.right")} ${counts !== null &&
        t("zones.last_hour", { objects: inNumber(objects), ignored: inNumber(ignored) })}
    </p>
  `;
}
