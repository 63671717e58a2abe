// Training speed.

/* global Chart */

import {colourScales, line, settings} from "./chart-view.js";
import {prepareKeys} from "./chart-keys.js";

export class SpeedChart {
  constructor(canvas, axis, signal) {
    this.axis = axis;
    this.rows = [];
    this.chart = new Chart(canvas, settings([line("characters per second", {})]));
    this.chart.options.scales.y.beginAtZero = true;
    this.chart.options.plugins.legend.display = false;
    prepareKeys(this.chart, canvas);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", () => this.draw(this.rows), {signal});
    signal.addEventListener("abort", () => this.chart.destroy());
  }

  draw(rows) {
    this.rows = rows;
    const [speed] = this.chart.data.datasets;
    speed.data = rows
      .filter((row) => row.characters_per_second !== null)
      .map((row) => ({x: row[this.axis.value], y: row.characters_per_second}));
    speed.borderColor = speed.backgroundColor =
      getComputedStyle(document.documentElement).getPropertyValue("--train").trim();
    this.chart.options.scales.x.title.text = this.axis.value === "seconds" ? "seconds of training" : "iterations";
    colourScales(this.chart);
    this.chart.update();
  }
}
