// Keyboard access to charts: arrow keys move between points, and a line of text announces their figures.

export function prepareKeys(chart, canvas) {
  let index = -1;
  const announced = document.createElement("p");
  announced.className = "point";
  announced.ariaLive = "polite";
  canvas.after(announced);
  canvas.tabIndex = 0;
  canvas.addEventListener("keydown", (event) => {
    const shown = chart.data.datasets
      .map((set, place) => ({set, place}))
      .filter(({set, place}) => set.data.length > 0 && chart.isDatasetVisible(place));
    const step = {ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -Infinity, End: Infinity}[event.key];
    if (step === undefined || shown.length === 0) {
      return;
    }
    event.preventDefault();
    const {set} = shown[0];
    index = Math.max(0, Math.min(set.data.length - 1, index + step));
    const at = set.data[index].x;
    const active = shown.map(({set: other, place}) => ({datasetIndex: place, index: nearest(other.data, at)}));
    chart.setActiveElements(active);
    chart.tooltip.setActiveElements(active, {x: 0, y: 0});
    chart.update();
    announced.textContent = `${chart.options.scales.x.title.text} ${at}: ` + active
      .map((point) => ({...point, set: chart.data.datasets[point.datasetIndex]}))
      .map((point) => `${point.set.label} ${point.set.data[point.index].y.toPrecision(5)}`).join(", ");
  });
  canvas.addEventListener("blur", () => {
    index = -1;
    announced.textContent = "";
    chart.setActiveElements([]);
    chart.tooltip.setActiveElements([], {x: 0, y: 0});
    chart.update();
  });
}

function nearest(points, x) {
  let best = 0;
  points.forEach((point, place) => {
    best = Math.abs(point.x - x) < Math.abs(points[best].x - x) ? place : best;
  });
  return best;
}
