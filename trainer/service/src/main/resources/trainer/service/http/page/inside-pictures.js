// Pictures of the tab Inside.

const WIDTH = 600;
const HEIGHT = 220;
const LEFT = 56;
const BOTTOM = 34;

/** A strip along the text, from its first character to its last: the darker, the nearer to 1. */
export function drawStrip(values) {
  const strip = Object.assign(document.createElement("canvas"), {width: values.length, height: 1, className: "strip"});
  strip.ariaHidden = "true"; // the line above it has its figures
  const pen = strip.getContext("2d");
  pen.fillStyle = getComputedStyle(document.body).color;
  values.forEach((value, i) => {
    pen.globalAlpha = Math.max(0, Math.min(1, value));
    pen.fillRect(i, 0, 1, 1);
  });
  return strip;
}

function drawn(picture, name, attributes, text = "") {
  const made = document.createElementNS(picture.namespaceURI, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.textContent = text;
  return made;
}

/**
 * Norms of gradients over the lag, on a logarithmic axis; cell states are dashed.
 *
 * @param picture an `svg`
 * @param key names the curves
 */
export function drawLag(picture, key, layers) {
  const draw = (...all) => drawn(picture, ...all);
  const curves = layers.flatMap((layer, i) => [
    {norms: layer.hidden, label: `layer ${i + 1}, hidden state`, series: i % 8, dashed: false},
    ...(layer.cell ? [{norms: layer.cell, label: `layer ${i + 1}, long-term memory`, series: i % 8, dashed: true}] : []),
  ]);
  const logs = curves.flatMap(({norms}) => norms.filter((norm) => norm > 0).map(Math.log10));
  const top = Math.ceil(Math.max(...logs));
  const low = Math.max(Math.floor(Math.min(...logs)), top - 12);
  const lags = curves[0].norms.length;
  const x = (lag) => LEFT + (WIDTH - LEFT - 8) * (lag - 1) / Math.max(1, lags - 1);
  const y = (log) => 8 + (HEIGHT - BOTTOM - 8) * (top - log) / Math.max(1, top - low);
  const marks = [];
  const step = Math.max(1, Math.ceil((top - low) / 5));
  for (let log = top; log >= low; log -= step) {
    marks.push(
      draw("line", {x1: LEFT, x2: WIDTH - 8, y1: y(log), y2: y(log), class: "grid"}),
      draw("text", {x: LEFT - 6, y: y(log) + 4, "text-anchor": "end"}, `1e${log}`));
  }
  for (const lag of [1, Math.ceil(lags / 2), lags]) {
    marks.push(draw("text", {x: x(lag), y: HEIGHT - BOTTOM + 18, "text-anchor": lag === lags ? "end" : "middle"}, lag));
  }
  picture.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  picture.replaceChildren(
    draw("title", {}, "Norm of the gradient of the loss by the states some characters back"),
    ...marks,
    draw("text", {x: WIDTH / 2, y: HEIGHT - 2, "text-anchor": "middle"}, "characters back"),
    ...curves.map(({norms, series, dashed}) => draw("polyline", {
      points: norms.map((norm, k) => [norm, k + 1])
        .filter(([norm]) => norm > 0 && Math.log10(norm) >= low) // the newest long-term memory acts only through the hidden state
        .map(([norm, lag]) => `${x(lag).toFixed(1)},${y(Math.log10(norm)).toFixed(1)}`).join(" "),
      class: `series-${series}${dashed ? " dashed" : ""}`,
    })));
  key.replaceChildren(...curves.map(({label, series, dashed}) => {
    const entry = document.createElement("span");
    entry.className = `series-${series}${dashed ? " dashed" : ""}`;
    entry.textContent = label;
    return entry;
  }));
}
