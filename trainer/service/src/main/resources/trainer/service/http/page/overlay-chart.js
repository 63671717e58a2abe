// Overlaid curves of several runs.

/* global Chart */

import {colourScales, settings, smoothed} from "./chart-view.js";
import {prepareKeys} from "./chart-keys.js";

export const SERIES = 8; // colours; further runs reuse them, dashed

export class OverlayChart {
  constructor(canvas, view, signal) {
    this.ids = [];
    this.curves = [];
    this.controls = ["loss", "axis", "smoothing", "logarithmic"].map(
      (name) => view.querySelector(`[name=${name}]`));
    this.chart = new Chart(canvas, settings([]));
    prepareKeys(this.chart, canvas);
    for (const control of this.controls) {
      control.addEventListener("input", () => this.draw());
    }
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", () => this.draw(), {signal});
    signal.addEventListener("abort", () => this.chart.destroy());
  }

  show(ids, curves) {
    this.ids = ids;
    this.curves = curves;
    this.draw();
  }

  draw() {
    const [loss, axis, smoothing, logarithmic] = this.controls;
    const style = getComputedStyle(document.documentElement);
    smoothing.disabled = loss.value !== "train_loss"; // validation losses are few and not noisy
    this.chart.data.datasets = this.curves.map((curve, place) => {
      const points = curve[loss.value]
        .map((y, row) => ({x: curve[axis.value][row], y}))
        .filter(({y}) => y !== null);
      const colour = style.getPropertyValue(`--series-${place % SERIES}`).trim();
      return {
        label: this.ids[place],
        data: loss.value === "train_loss" ? smoothed(points, Number(smoothing.value)) : points,
        borderColor: colour,
        backgroundColor: colour,
        borderDash: place < SERIES ? [] : [6, 4],
        borderWidth: 2,
        pointRadius: points.length < 2 ? 3 : 0,
        parsing: false,
      };
    });
    const {scales} = this.chart.options;
    scales.x.title.text = axis.value === "seconds" ? "seconds of training" : "iterations";
    scales.y.type = logarithmic.checked ? "logarithmic" : "linear";
    colourScales(this.chart);
    this.chart.update();
  }
}
