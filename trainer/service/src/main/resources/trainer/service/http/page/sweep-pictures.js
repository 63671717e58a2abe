// The trials of a sweep as parallel coordinates: an axis for each key and one for the loss, a line for each trial.

const HEIGHT = 220;
const TOP = 34;
const SIDE = 70; // left of the first axis and right of the last
const GAP = 150; // between axes
const WIDE = 10; // an axis over such a factor is logarithmic
const MOST_MARKS = 8; // values that are written at an axis
const LONGEST = 18; // characters of a value
const LINE = 11; // height of a mark

/** Draws the trials that were measured; returns whether there are two. */
export function parallel(place, table, keys) {
  const trials = table.filter((trial) => trial.best_validation_loss !== null);
  const drawn = JSON.stringify(trials.map(({trial, best_validation_loss: loss}) => [trial, loss]));
  if (place.dataset.drawn !== drawn) {
    place.dataset.drawn = drawn;
    place.replaceChildren(...(trials.length > 1 ? [picture(trials, keys)] : []));
  }
  return trials.length > 1;
}

function picture(trials, keys) {
  const axes = [
    ...keys.map((key) => axis(key.replace(/.*\./, ""), trials.map((trial) => trial.settings[key]))),
    axis("loss, nats", trials.map((trial) => String(trial.best_validation_loss)), 4),
  ];
  const width = 2 * SIDE + GAP * (axes.length - 1);
  const svg = document.getElementById("parallel").content.firstElementChild.cloneNode(true);
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT + 2 * TOP}`);
  svg.style.maxWidth = `${1.4 * width}px`;
  svg.ariaLabel = `Settings and losses of ${trials.length} trials; the table has the same figures`;
  const x = (column) => SIDE + GAP * column;
  [...trials.keys()].reverse().forEach((row) => { // the best is drawn last
    const line = made(svg, "polyline", {
      points: axes.map(({y}, column) => `${x(column)},${y[row].toFixed(1)}`).join(" "),
      class: row === 0 ? "best" : row < trials.length / 4 ? "good" : "other",
    });
    const title = made(svg, "title", {});
    title.textContent = axes.map(({name, values}) => `${name} ${values[row]}`).join(", ");
    line.append(title);
    svg.append(line);
  });
  axes.forEach(({name, marks}, column) => {
    svg.append(made(svg, "line", {x1: x(column), x2: x(column), y1: TOP, y2: TOP + HEIGHT, class: "axis"}));
    svg.append(text(svg, name, x(column), TOP - 14, "middle", "axis-name"));
    for (const [value, at] of marks) {
      svg.append(text(svg, value, x(column) + 5, at + 4, "start", "mark"));
    }
  });
  return svg;
}

/** Places of values on an axis, the greatest at the top: by size if all are numbers, else by first occurrence. */
function axis(name, values, digits) {
  const numbers = values.map(Number);
  const numeric = values.every((value) => value.trim() !== "") && numbers.every(Number.isFinite);
  const kinds = [...new Set(values)];
  const places = numeric ? numbers : values.map((value) => kinds.indexOf(value));
  const [low, high] = [Math.min(...places), Math.max(...places)];
  const wide = numeric && low > 0 && high >= WIDE * low;
  const scale = (place) => (wide ? Math.log(place) : place);
  const at = (place) =>
    TOP + HEIGHT * (high === low ? 0.5 : (scale(high) - scale(place)) / (scale(high) - scale(low)));
  const shown = (value) => (digits ? Number(value).toFixed(digits) : value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);
  const written = kinds.length <= MOST_MARKS ? kinds : kinds.filter((value) => [low, high].includes(places[values.indexOf(value)]));
  return {
    name,
    values: values.map(shown),
    y: places.map(at),
    marks: apart(written.map((value) => [shown(value), at(places[values.indexOf(value)])])),
  };
}

/** Leaves out marks that would touch others; the first and the last stay. */
function apart(marks) {
  const [first, ...others] = marks.sort(([, one], [, other]) => one - other);
  const last = others.pop();
  const kept = [first];
  for (const mark of others) {
    if (mark[1] - kept.at(-1)[1] > LINE && last[1] - mark[1] > LINE) {
      kept.push(mark);
    }
  }
  return last ? [...kept, last] : kept;
}

function made(svg, name, attributes) {
  const node = document.createElementNS(svg.namespaceURI, name);
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  return node;
}

function text(svg, words, x, y, anchor, kind) {
  const node = made(svg, "text", {x, y, "text-anchor": anchor, class: kind});
  node.textContent = words;
  return node;
}
