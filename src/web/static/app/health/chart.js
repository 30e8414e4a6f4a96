/* A line chart of the last hour, drawn by uPlot. */

import { timeFormat } from "../../live/time_format.js";
import { at } from "../base.js";
import { html, useEffect, useRef } from "../dom.js";
import { locale } from "../texts.js";

/** Of letters: a wall has larger ones. */
const heightRem = 9.6;
/** Between two times, in seconds. */
const minutes = [60, 300, 600, 900, 1800, 3600];
/** Between two counts. */
const wholes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** uPlot comes only when a chart is looked at. */
function loadPlot() {
  if (document.querySelector("link[data-plot]") === null) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = `${at("static", "lib")}/uplot.css`;
    link.dataset.plot = "";
    document.head.append(link);
  }
  return import("../../lib/uplot.js").then((module) => module.default);
}

/**
 * `data`: seconds since 1970, then a list for each of `series` ({name, tone}); `format` makes a figure of
 * a value, `isWhole` says that there is none between 0 and 1. The newest values
 * stand beside it in words, for those who see no chart.
 */
export function Chart({ title, data, series, format, isWhole = false }) {
  const place = useRef(null);
  const plot = useRef(null);
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    let isOver = false;
    const resized = new ResizeObserver(([{ target }]) => {
      plot.current?.setSize({ width: target.clientWidth, height: heightRem * rem() });
    });
    const draw = async () => {
      const Plot = await loadPlot();
      // Its place goes before this is told.
      if (isOver || place.current === null) return;
      plot.current?.destroy();
      plot.current = new Plot(
        options(place.current, { series, format, isWhole, Plot }),
        latest.current,
        place.current,
      );
    };
    draw();
    resized.observe(place.current);
    // Colours are read when it is drawn, and the theme may change.
    const theme = new MutationObserver(draw);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => {
      isOver = true;
      resized.disconnect();
      theme.disconnect();
      scheme.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => plot.current?.setData(data), [data]);
  return html`
    <figure class="chart">
      <figcaption>
        <h3>${title}</h3>
        <ul>
          ${series.map(({ name, tone }, index) =>
            html`
              <li key=${name}>
                <i data-series=${tone} aria-hidden="true"></i>${name}
                <b>${format(newest(data[index + 1]))}</b>
              </li>
            `
          )}
        </ul>
      </figcaption>
      <div ref=${place} aria-hidden="true"></div>
    </figure>
  `;
}

/** Pixels of a letter's height, as the page has it. */
function rem() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function newest(values) {
  return values?.findLast((value) => value !== null) ?? NaN;
}

function options(element, { series, format, isWhole, Plot }) {
  const style = getComputedStyle(element);
  const color = (name) => resolved(element, `var(--${name})`);
  const font = `${0.76 * rem()}px ${style.fontFamily}`;
  const axis = {
    stroke: color("dim"),
    font,
    grid: { stroke: color("line"), width: 1 },
    ticks: { show: false },
  };
  const clock = timeFormat(locale, { timeStyle: "short" });
  return {
    width: element.clientWidth,
    height: heightRem * rem(),
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1 || 1)] } },
    axes: [
      {
        ...axis,
        size: 1.8 * rem(),
        space: 4.5 * rem(),
        incrs: minutes,
        values: (_plot, times) => times.map((time) => clock.format(time * 1000)),
      },
      {
        ...axis,
        size: 4 * rem(),
        space: 2.3 * rem(),
        ...isWhole && { incrs: wholes },
        values: (_plot, values) => values.map((value) => format(value)),
      },
    ],
    series: [
      {},
      ...series.map(({ tone }) => ({
        stroke: color(tone),
        fill: series.length === 1 ? resolved(element, "var(--wash)") : undefined,
        width: 2,
        points: { show: false },
        paths: Plot.paths.linear(),
      })),
    ],
  };
}

/** A canvas does not know `light-dark()`: the colour as the page has it now. */
function resolved(element, value) {
  const probe = document.createElement("i");
  probe.style.color = value;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
