// Curves of several runs as one, such as those of the seeds of a configuration.

/**
 * The mean of the curves of each name, and a band of one deviation of the sample to both sides, over the x that all of
 * them reach. Between its points a curve is straight.
 *
 * @param {{name: string, xs: number[], ys: number[]}[]} curves with ascending xs
 * @returns {{name: string, size: number, xs: number[], ys: number[], band?: {least: number[], greatest: number[]}}[]}
 */
export function grouped(curves) {
  const groups = new Map();
  for (const curve of curves.filter(({xs}) => xs.length > 0)) {
    groups.set(curve.name, [...groups.get(curve.name) ?? [], curve]);
  }
  return [...groups].map(([name, members]) => ({name, size: members.length, ...summary(members)}));
}

function summary(curves) {
  const first = Math.max(...curves.map(({xs}) => xs[0]));
  const last = Math.min(...curves.map(({xs}) => xs.at(-1)));
  const xs = [...new Set(curves.flatMap((curve) => curve.xs))]
    .filter((x) => x >= first && x <= last)
    .sort((one, other) => one - other);
  const values = curves.map((curve) => read(curve, xs));
  const rows = xs.map((x, row) => spread(values.map((each) => each[row])));
  return {
    xs,
    ys: rows.map(({mean}) => mean),
    band: curves.length > 1
      ? {least: rows.map(({mean, deviation}) => mean - deviation), greatest: rows.map(({mean, deviation}) => mean + deviation)}
      : undefined,
  };
}

/** The values of a curve at ascending x within it. */
function read({xs, ys}, at) {
  let next = 0;
  return at.map((x) => {
    while (xs[next] < x) {
      next++;
    }
    const share = xs[next] === x ? 1 : (x - xs[next - 1]) / (xs[next] - xs[next - 1]);
    return share === 1 ? ys[next] : ys[next - 1] + share * (ys[next] - ys[next - 1]);
  });
}

/** The mean of values, and the deviation of the sample, 0 for one. */
export function spread(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1))};
}
