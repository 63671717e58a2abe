// A chart on uPlot: crosshair shared by charts, values in the legend, drag to zoom, double click or 0 to reset.

/* global uPlot */

import {css, element} from "./view.js";

const OUTLIERS = 0.01; // share of the values that clipping leaves out at each end

/**
 * Options of a chart.
 *
 * @typedef {object} Options
 * @property {string} title
 * @property {number} height pixels
 * @property {string} group charts of one group share the crosshair
 * @property {(x: number) => string} [xValue] formats an x
 * @property {boolean} [logarithmic] whether y is, at first
 * @property {boolean} [fromZero] whether y begins at 0
 * @property {(y: number) => string} [yValue] formats a y at the axis
 */
export class Chart {
  /**
   * @param {HTMLElement} place
   * @param {Options} options
   * @param {(range: [number, number] | null) => void} zoom called with the part of x to show, null: all
   * @param {AbortSignal} signal ends it
   */
  constructor(place, options, zoom, signal) {
    this.place = place;
    this.options = options;
    this.zoom = zoom;
    this.logarithmic = {x: false, y: options.logarithmic ?? false};
    this.clipped = true;
    this.lines = [];
    this.marks = {};
    this.plot = null;
    this.announced = element("p");
    this.announced.className = "hidden";
    this.announced.ariaLive = "polite";
    const size = new ResizeObserver(() => this.resize());
    size.observe(place);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", () => this.plot?.redraw(), {signal});
    signal.addEventListener("abort", () => {
      size.disconnect();
      this.plot?.destroy();
      this.plot = null;
    });
  }

  /**
   * Draws lines over common x values.
   *
   * @param {number[]} xs ascending
   * @param {{label: string, values: (number|null)[], color: string, width?: number, points?: boolean, dash?: number[],
   *   band?: {least: (number|null)[], greatest: (number|null)[]}, format: (y: number) => string}[]} lines
   * @param {{xLabel: string, range: [number, number] | null, ring?: {x: number, y: number},
   *   levels?: {name: string, y: number}[], ticks?: {x: number, kind: string}[]}} marks
   */
  draw(xs, lines, marks) {
    const shape = lines.map((line) => `${line.label}${Boolean(line.band)}`).join() + marks.xLabel
      + this.logarithmic.x + this.logarithmic.y;
    this.lines = lines;
    this.marks = marks;
    const data = [xs, ...lines.flatMap((line) =>
      line.band ? [line.values, line.band.greatest, line.band.least] : [line.values])];
    if (shape !== this.shape || !this.plot) {
      this.shape = shape;
      this.create(data);
    } else {
      this.plot.setData(data, false);
    }
    this.scale();
    this.showLast();
  }

  /** Without a crosshair the legend has the last values. */
  showLast() {
    const {cursor, data} = this.plot;
    if ((cursor.idx ?? null) === null || cursor.left < 0) {
      this.plot.setLegend({idx: data[0].length - 1}, false);
    }
  }

  /** Adapts the scales to the range, and draws. */
  scale() {
    const [min, max] = this.range();
    this.plot?.setScale("x", {min, max});
  }

  /** The part of x that is shown; the scales of the plot follow later. */
  range() {
    return this.marks.range ?? this.whole();
  }

  whole() {
    const [xs] = this.plot.data;
    const first = xs[0] ?? 0;
    const last = xs.at(-1) ?? 1;
    return first === last ? [first - 0.5, last + 0.5] : [first, last];
  }

  create(data) {
    this.plot?.destroy();
    const series = [{label: this.marks.xLabel, value: (plot, x) => (x === null ? "" : this.xValue(x))}];
    const bands = [];
    this.lines.forEach((line, place) => {
      const color = () => css(this.lines[place]?.color ?? line.color);
      series.push({
        label: line.label,
        stroke: color,
        width: line.width ?? 1.5,
        dash: line.dash,
        spanGaps: true,
        points: {show: line.points ?? line.values.filter((y) => (y ?? null) !== null).length < 3, size: 5, fill: color},
        value: (plot, y, index, at) => (at === null ? "" : this.lastMeasured(place, at)),
      });
      if (line.band) {
        const edge = {stroke: () => css(line.color) + "40", width: 1, points: {show: false}, spanGaps: true, class: "edge"};
        series.push({...edge, label: "greatest"}, {...edge, label: "least"});
        bands.push({series: [series.length - 2, series.length - 1], fill: () => css(line.color) + "26"});
      }
    });
    const axis = {stroke: () => css("soft"), grid: {stroke: () => css("line"), width: 1}, ticks: {show: false}, font: "12px system-ui, sans-serif"};
    const distr = (name) => (this.logarithmic[name] ? 3 : 1);
    this.plot = new uPlot(
      {
        width: Math.max(100, this.place.clientWidth),
        height: this.options.height,
        series,
        bands,
        padding: [8, 22, 0, 0],
        scales: {
          x: {time: false, distr: distr("x"), range: (plot, min, max) => (this.logarithmic.x ? [Math.max(min, 1e-3), max] : [min, max])},
          y: {distr: distr("y"), range: () => this.height()},
        },
        axes: [
          {...axis, size: 34, space: 70},
          {...axis, size: 58, space: 36, values: (plot, ticks) => ticks.map((tick) => (tick === null ? "" : (this.options.yValue ?? short)(tick)))},
        ],
        cursor: {
          sync: {key: this.options.group, scales: ["x", null], filters: {pub: (type) => type === "mousemove" || type === "mouseleave"}},
          drag: {x: true, y: false, setScale: false},
          bind: {dblclick: () => () => { this.zoom(null); return null; }},
          points: {size: 6},
        },
        legend: {live: true},
        hooks: {
          setCursor: [() => this.plot && this.showLast()],
          setSelect: [(plot) => this.selected(plot)],
          drawAxes: [(plot) => this.drawLevels(plot)],
          draw: [(plot) => this.drawNames(plot), (plot) => this.drawMarks(plot)],
        },
      },
      data,
      this.place);
    this.place.append(this.announced);
    const area = this.plot.over;
    area.tabIndex = 0;
    area.role = "img";
    area.ariaLabel = `${this.options.title}. Arrow keys read the values, plus and minus zoom, 0 shows all.`;
    area.addEventListener("keydown", (event) => this.pressed(event));
    area.addEventListener("blur", () => { this.announced.textContent = ""; });
  }

  xValue(x) {
    return this.options.xValue?.(x) ?? short(x);
  }

  resize() {
    if (this.plot && this.place.clientWidth > 0) {
      this.plot.setSize({width: this.place.clientWidth, height: this.options.height});
    }
  }

  /** Index of a line's values in the data of the plot. */
  column(place) {
    return 1 + this.lines.slice(0, place).reduce((sum, line) => sum + (line.band ? 3 : 1), 0);
  }

  /** A value and, if it was measured before, where. */
  lastMeasured(place, at) {
    const {values, format} = this.lines[place];
    let index = at;
    while (index >= 0 && (values[index] ?? null) === null) {
      index--;
    }
    if (index < 0) {
      return "–";
    }
    const text = format(values[index]);
    return index === at ? text : `${text} at ${this.xValue(this.plot.data[0][index])}`;
  }

  /** The range of y: of the visible values and bands, without outliers; what is marked in it stays visible. */
  height() {
    const [xs] = this.plot.data;
    const [min, max] = this.range();
    let values = [];
    this.lines.forEach((line, place) => {
      if (this.plot.series[this.column(place)].show) {
        for (const column of [line.values, ...Object.values(line.band ?? {})]) {
          column.forEach((y, index) => {
            if (y !== null && y !== undefined && xs[index] >= min && xs[index] <= max) {
              values.push(y);
            }
          });
        }
      }
    });
    const logarithmic = this.logarithmic.y;
    values = values.filter((y) => Number.isFinite(y) && (!logarithmic || y > 0)).sort((one, other) => one - other);
    if (values.length === 0) {
      return logarithmic ? [0.1, 1] : [0, 1];
    }
    const out = this.clipped ? Math.floor(values.length * OUTLIERS) : 0;
    let low = values[out];
    let high = values[values.length - 1 - out];
    const {ring} = this.marks;
    if (ring && ring.x >= min && ring.x <= max) {
      low = Math.min(low, ring.y);
    }
    if (logarithmic) {
      return [low / 1.1, high * 1.1];
    }
    if (this.options.fromZero) {
      return [0, (high || 1) * 1.08];
    }
    const room = (high - low || Math.abs(high) || 1) * 0.06;
    return [low - room, high + room];
  }

  selected(plot) {
    if (plot.select.width > 4) {
      this.zoom([plot.posToVal(plot.select.left, "x"), plot.posToVal(plot.select.left + plot.select.width, "x")]);
    }
    plot.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
  }

  /** Dashed lines with names, such as baselines. */
  drawLevels(plot) {
    const {ctx, bbox} = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const {y} of this.marks.levels ?? []) {
      const at = Math.round(plot.valToPos(y, "y", true));
      ctx.strokeStyle = css("soft");
      ctx.setLineDash([5 * ratio, 4 * ratio]);
      ctx.lineWidth = ratio;
      ctx.beginPath();
      ctx.moveTo(bbox.left, at);
      ctx.lineTo(bbox.left + bbox.width, at);
      ctx.stroke();
    }
    ctx.restore();
  }

  /** The names of the levels, over the curves. */
  drawNames(plot) {
    const {ctx, bbox} = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "right";
    ctx.strokeStyle = css("panel");
    ctx.fillStyle = css("soft");
    ctx.lineWidth = 2.5 * ratio;
    for (const {name, y} of this.marks.levels ?? []) {
      const at = Math.round(plot.valToPos(y, "y", true));
      if (at >= bbox.top && at <= bbox.top + bbox.height) {
        const below = at - bbox.top < 16 * ratio;
        ctx.textBaseline = below ? "top" : "bottom";
        const place = [bbox.left + bbox.width - 10 * ratio, at + (below ? 3 : -2) * ratio];
        ctx.strokeText(name, ...place);
        ctx.fillText(name, ...place);
      }
    }
    ctx.restore();
  }

  /** The ring around the best value, and the events on the x axis. */
  drawMarks(plot) {
    const {ctx, bbox} = plot;
    const ratio = devicePixelRatio;
    const bottom = bbox.top + bbox.height;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const {x, kind} of this.marks.ticks ?? []) {
      const at = Math.round(plot.valToPos(x, "x", true)) + 0.5;
      const tall = kind !== "checkpoint";
      ctx.strokeStyle = css({checkpoint: "soft", forked: "series-3", resumed: "good", rolled_back: "bad"}[kind]);
      ctx.setLineDash(tall ? [2 * ratio, 3 * ratio] : []);
      ctx.lineWidth = ratio * (tall ? 1.5 : 1);
      ctx.beginPath();
      ctx.moveTo(at, bottom);
      ctx.lineTo(at, tall ? bbox.top : bottom - 6 * ratio);
      ctx.stroke();
    }
    ctx.restore();
    const {ring} = this.marks;
    const [min, max] = this.range();
    if (ring && ring.x >= min && ring.x <= max) { // whole, also at the edge
      ctx.save();
      ctx.strokeStyle = css("ink");
      ctx.setLineDash([]);
      ctx.lineWidth = 1.5 * ratio;
      ctx.beginPath();
      ctx.arc(plot.valToPos(ring.x, "x", true), plot.valToPos(ring.y, "y", true), 6 * ratio, 0, 2 * Math.PI);
      ctx.stroke();
      ctx.restore();
    }
  }

  /** Reads and zooms by keyboard. */
  pressed(event) {
    const {plot} = this;
    const [xs] = plot.data;
    const [min, max] = this.range();
    const step = {ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -Infinity, End: Infinity}[event.key];
    if (step !== undefined && xs.length > 0) {
      event.preventDefault();
      const first = xs.findIndex((x) => x >= min);
      const last = xs.findLastIndex((x) => x <= max);
      const now = this.announced.textContent ? plot.cursor.idx ?? first - 1 : first - 1;
      const index = Math.max(first, Math.min(last, now + step));
      plot.setCursor({left: plot.valToPos(xs[index], "x"), top: plot.over.clientHeight / 2});
      this.announced.textContent = `${this.marks.xLabel} ${this.xValue(xs[index])}: ` + this.lines
        .filter((line) => (line.values[index] ?? null) !== null)
        .map((line) => `${line.label} ${line.format(line.values[index])}`)
        .join(", ");
    } else if (["+", "-"].includes(event.key)) {
      const middle = plot.cursor.idx === null ? (min + max) / 2 : xs[plot.cursor.idx];
      const half = (max - min) / (event.key === "+" ? 4 : 1);
      const [least, greatest] = this.whole();
      const range = [Math.max(least, middle - half), Math.min(greatest, middle + half)];
      this.zoom(event.key === "-" && range[0] === least && range[1] === greatest ? null : range);
    } else if (event.key === "0") {
      this.zoom(null);
    }
  }
}

/**
 * Lines that have x values of their own, over the x of any of them, as `draw` takes them.
 *
 * @param {{xs: number[], ys: number[], band?: {least: number[], greatest: number[]}}[]} lines
 */
export function aligned(lines) {
  const tables = lines.map((line) =>
    (line.band ? [line.xs, line.ys, line.band.least, line.band.greatest] : [line.xs, line.ys]));
  const [xs, ...columns] = tables.length > 0 ? uPlot.join(tables) : [[]]; // join needs one
  return [xs, lines.map((line) => ({
    ...line,
    values: columns.shift(),
    band: line.band && {least: columns.shift(), greatest: columns.shift()},
  }))];
}

/** A number with at most four digits and a unit prefix. */
export function short(value) {
  const size = Math.abs(value);
  if (size >= 1e9) {
    return `${digits(value / 1e9)} G`;
  }
  if (size >= 1e6) {
    return `${digits(value / 1e6)} M`;
  }
  if (size >= 1e4) {
    return `${digits(value / 1e3)} k`;
  }
  return digits(value);
}

const digits = (value) =>
  (value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1).replace("e-", "e−") : String(Number(value.toPrecision(4))));
