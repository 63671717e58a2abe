// The loss curve: training (raw and smoothed) and validation.

/* global Chart */

import {prepareKeys} from "./chart-keys.js";

const MOST_POINTS = 8000; // beyond, every second row of the older half is dropped

export class LossChart {
  constructor(canvas, view, signal) {
    this.rows = [];
    this.axis = view.querySelector("[name=axis]");
    this.smoothing = view.querySelector("[name=smoothing]");
    this.logarithmic = view.querySelector("[name=logarithmic]");
    this.chart = new Chart(canvas, settings([
      line("training", {borderWidth: 1}),
      line("training, smoothed", {}),
      line("validation", {pointRadius: 2}),
    ]));
    prepareKeys(this.chart, canvas);
    for (const control of [this.axis, this.smoothing, this.logarithmic]) {
      control.addEventListener("input", () => this.draw());
    }
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", () => { this.colour(); this.draw(); }, {signal});
    signal.addEventListener("abort", () => this.chart.destroy());
    this.colour();
  }

  /** Adds rows; with `replace` the earlier ones are void. */
  add(rows, replace) {
    this.rows = replace ? rows : this.rows.concat(rows);
    if (this.rows.length > MOST_POINTS) {
      const half = this.rows.length / 2;
      this.rows = this.rows.filter(
        (row, place) => place > half || place % 2 === 0 || row.validation_loss !== null);
    }
    this.draw();
  }

  draw() {
    const x = (row) => row[this.axis.value];
    const [raw, smooth, validation] = this.chart.data.datasets;
    const trained = this.rows.filter((row) => row.train_loss !== null);
    raw.data = trained.map((row) => ({x: x(row), y: row.train_loss}));
    smooth.data = smoothed(raw.data, Number(this.smoothing.value));
    validation.data = this.rows
      .filter((row) => row.validation_loss !== null)
      .map((row) => ({x: x(row), y: row.validation_loss}));
    const {scales} = this.chart.options;
    scales.x.title.text = this.axis.value === "seconds" ? "seconds of training" : "iterations";
    scales.y.type = this.logarithmic.checked ? "logarithmic" : "linear";
    this.chart.update();
  }

  colour() {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(`--${name}`).trim();
    const [raw, smooth, validation] = this.chart.data.datasets;
    raw.borderColor = of("train") + "55";
    smooth.borderColor = smooth.backgroundColor = of("train");
    validation.borderColor = validation.backgroundColor = of("validation");
    colourScales(this.chart);
  }
}

/** Colours axes and legend like the page. */
export function colourScales(chart) {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  const {scales, plugins} = chart.options;
  plugins.legend.labels.color = of("ink");
  for (const scale of [scales.x, scales.y]) {
    scale.ticks.color = scale.title.color = of("soft");
    scale.grid.color = of("line");
  }
}

/** Exponential moving average with bias correction. */
export function smoothed(points, weight) {
  let sum = 0;
  let total = 0;
  return points.map(({x, y}) => {
    sum = weight * sum + (1 - weight) * y;
    total = weight * total + (1 - weight);
    return {x, y: sum / total};
  });
}

export const line = (label, more) =>
  ({label, data: [], borderWidth: 2, pointRadius: 0, parsing: false, ...more});

/** Settings of a line chart. */
export function settings(datasets) {
  const scale = (more) => ({type: "linear", title: {display: true}, ticks: {}, grid: {}, ...more});
  return {
    type: "line",
    data: {datasets},
    options: {
      animation: false,
      maintainAspectRatio: false,
      normalized: true,
      interaction: {mode: "nearest", axis: "x", intersect: false},
      scales: {x: scale({}), y: scale({})},
      plugins: {legend: {labels: {usePointStyle: true, pointStyle: "line"}}},
    },
  };
}
