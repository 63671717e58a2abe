// The charts of a run: loss, gap, gradient norm, learning rate, speed, processor, memory, GPU.

import {json} from "./api.js";
import {Chart, short} from "./chart.js";
import * as format from "./format.js";
import {element, failed} from "./view.js";

const PERIOD = 2500; // milliseconds between requests while the run grows
const bytes = (y) => (y === 0 ? "0" : `${short(y)}B`); // at an axis
const AXES = {iteration: "iteration", epoch: "epoch", seconds: "time"};

/** Returns {show(run), grown()}: call them with each state of the run, and when it has new rows. */
export function prepareCharts(view, id, signal) {
  const grid = view.querySelector("[data-grid]");
  const control = (name) => view.querySelector(`[name=${name}]`);
  const axis = control("axis");
  const smoothing = control("smoothing");
  let run = null;
  let curves = null;
  let whole = null; // the curves without a range
  let range = null; // of iterations; null: all
  let timer = 0;
  let waiting = false;
  let again = false; // whether to ask once more

  const made = (title, options, wide) => {
    const panel = element("section");
    panel.className = wide ? "panel wide" : "panel";
    const heading = element("h2", title);
    const place = element("div");
    panel.append(heading, place);
    grid.append(panel);
    const chart = new Chart(
      place, {title, group: id, height: wide ? 300 : 170, xValue, ...options}, zoom, signal);
    return {chart, panel};
  };

  const xValue = (x) => (axis.value === "seconds" ? format.duration(x) : axis.value === "epoch" ? x.toFixed(2) : format.whole(Math.round(x)));
  const charts = {
    loss: made("Loss, nats per character", {}, true),
    gap: made("Gap: validation minus training loss", {}),
    norm: made("Gradient norm, before clipping", {logarithmic: true}),
    rate: made("Learning rate", {fromZero: true}),
    speed: made("Speed of training steps, characters per second", {fromZero: true}),
    processors: made("CPU cores in use", {fromZero: true}),
    memory: made("Memory of the process", {fromZero: true, yValue: bytes}),
    gpu: made("GPU in use, percent of the time", {fromZero: true}),
    gpuMemory: made("GPU memory in use", {fromZero: true, yValue: bytes}),
  };

  function zoom(shown) {
    range = shown && shown.map(iterationAt);
    curves = range ? curves : whole;
    draw();
    request();
  }

  /** x values of iterations and seconds, as chosen. */
  function across({iteration, seconds}) {
    return {
      iteration: () => iteration,
      epoch: () => iteration.map((each) => each / curves.iterations_per_epoch),
      seconds: () => seconds,
    }[axis.value]();
  }

  function iterationAt(x) {
    if (axis.value === "epoch") {
      return x * curves.iterations_per_epoch;
    }
    return axis.value === "seconds" ? between(curves.seconds, curves.iteration, x) : x;
  }

  function xAt(iteration) {
    if (axis.value === "epoch") {
      return iteration / curves.iterations_per_epoch;
    }
    return axis.value === "seconds" ? between(curves.iteration, curves.seconds, iteration) : iteration;
  }

  function draw() {
    if (!curves) {
      return;
    }
    const xs = across(curves);
    const logarithmic = {x: control("log_x").checked, y: control("log_y").checked};
    const marks = {
      xLabel: AXES[axis.value],
      range: range && range.map(xAt),
      ticks: curves.events.map(({kind, iteration}) => ({kind, x: xAt(iteration)})),
    };
    const {best_iteration: best, best_validation_loss: lowest} = run?.progress ?? {};
    const show = ({chart, panel}, x, lines, more = {}) => {
      panel.hidden = !lines.some((line) => line.values.some((value) => value !== null));
      chart.logarithmic.x = logarithmic.x;
      chart.clipped = control("clipped").checked;
      if (!panel.hidden) {
        chart.draw(x, lines, {...marks, ...more});
      }
    };
    charts.loss.chart.logarithmic.y = logarithmic.y;
    show(charts.loss, xs, [
      {label: "training", values: curves.train_loss_smoothed, color: "train", width: 2, format: format.loss,
        band: {least: curves.train_loss_least, greatest: curves.train_loss_greatest}},
      {label: "validation", values: curves.validation_loss, color: "validation", width: 2, points: true, format: format.loss},
    ], {
      ring: best ? {x: xAt(best), y: lowest} : undefined,
      levels: Object.entries(run?.progress?.baselines ?? {}).map(([name, y]) => ({name, y})),
    });
    const gap = curves.validation_loss.map((loss, place) => {
      const trained = curves.train_loss_smoothed[place];
      return loss === null || trained === null ? null : loss - trained;
    });
    show(charts.gap, xs, [{label: "gap", values: gap, color: "series-3", points: true, format: format.loss}], {levels: [{name: "", y: 0}]});
    show(charts.norm, xs, [{label: "norm", values: curves.gradient_norm, color: "series-6", format: short,
      band: {least: curves.gradient_norm_least, greatest: curves.gradient_norm_greatest}}],
    {levels: curves.clipping_norm === null ? [] : [{name: `clipped to ${short(curves.clipping_norm)}`, y: curves.clipping_norm}]});
    show(charts.rate, xs, [{label: "rate", values: curves.learning_rate, color: "series-4", format: short}]);
    show(charts.speed, xs, [{label: "speed", values: curves.characters_per_second, color: "series-2", format: format.speed}]);
    const used = across(curves.resources);
    const span = {range: marks.range ?? (xs.length > 1 ? [xs[0], xs.at(-1)] : null)};
    show(charts.processors, used, [{label: "cores", values: curves.resources.processors, color: "series-5", format: (y) => y.toFixed(2)}], span);
    show(charts.memory, used, [{label: "memory", values: curves.resources.memory_bytes, color: "series-7", format: format.bytes}], span);
    show(charts.gpu, used, [{label: "GPU", values: curves.resources.gpu_percent, color: "series-5", format: (y) => `${Math.round(y)} %`}], span);
    show(charts.gpuMemory, used, [{label: "GPU memory", values: curves.resources.gpu_memory_bytes, color: "series-7", format: format.bytes}], span);
    axis.querySelector("[value=epoch]").disabled = curves.iterations_per_epoch === null;
  }

  /** Iterations over which the service smooths: a hundredth of the run, rounded, unless chosen. */
  function constant() {
    if (smoothing.value !== "auto") {
      return Number(smoothing.value);
    }
    const hundredth = Math.max(1, (run?.progress?.iteration ?? 0) / 100);
    const power = 10 ** Math.floor(Math.log10(hundredth));
    return power * [1, 2, 5].findLast((digit) => digit * power <= hundredth);
  }

  async function request() {
    if (waiting || !run?.progress) {
      again = waiting;
      return;
    }
    waiting = true;
    again = false;
    clearTimeout(timer);
    timer = 0;
    const parameters = new URLSearchParams({points: 1000, smoothing: constant()});
    if (range) {
      parameters.set("from", Math.max(0, Math.floor(range[0])));
      parameters.set("to", Math.ceil(range[1]));
    }
    const asked = String(parameters);
    try {
      const answer = await json(`/runs/${id}/curves?${asked}`, {signal});
      if (!signal.aborted) {
        whole = parameters.has("from") ? whole : answer;
        curves = range || !whole ? answer : whole;
        smoothing.title = `over ${constant()} iterations`;
        draw();
      }
    } catch (error) {
      failed(error);
    }
    waiting = false;
    if (again && !signal.aborted) {
      request();
    }
  }

  const later = () => {
    timer = timer || setTimeout(request, PERIOD);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  for (const name of ["axis", "log_x", "log_y", "clipped"]) {
    control(name).addEventListener("input", draw);
  }
  smoothing.addEventListener("input", request);
  return {
    show(now) {
      const first = !run?.progress && now.progress;
      const ended = run && run.state !== now.state;
      run = now;
      if (first || ended) {
        request();
      }
    },
    grown: () => (curves ? later() : request()),
  };
}

/** The value of `ys` at `x`, interpolated; `xs` ascends. */
function between(xs, ys, x) {
  if (xs.length === 0) {
    return x;
  }
  const after = xs.findIndex((each) => each >= x);
  if (after <= 0) {
    return after < 0 ? ys.at(-1) : ys[0];
  }
  const share = (x - xs[after - 1]) / (xs[after] - xs[after - 1]);
  return ys[after - 1] + share * (ys[after] - ys[after - 1]);
}
