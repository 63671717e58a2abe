// Formats figures with their units.

const WHOLE = new Intl.NumberFormat("en");

export const whole = (value) => WHOLE.format(value);

/** Nats per character. */
export const loss = (value) => ((value ?? null) === null ? "" : `${value.toFixed(4)} nats`);

/** Nats per character, as bits. */
export const bits = (nats) => `${(nats / Math.LN2).toFixed(3)} bits`;

const AGO = new Intl.RelativeTimeFormat("en", {numeric: "auto"});
const UNITS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];

/** A time in relation to now, such as “5 minutes ago”. */
export function ago(iso) {
  if (!iso) {
    return "";
  }
  let value = (new Date(iso) - Date.now()) / 1000;
  for (const [unit, next] of UNITS) {
    if (Math.abs(value) < next) {
      return unit === "second" && value > -10 && value <= 0 ? "just now" : AGO.format(Math.round(value), unit);
    }
    value /= next;
  }
  return "";
}

export function duration(seconds) {
  if ((seconds ?? null) === null) {
    return "";
  }
  const all = Math.round(seconds);
  const two = (value) => String(value).padStart(2, "0");
  return `${Math.floor(all / 3600)}:${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
}

export const speed = (value) => ((value ?? null) === null ? "" : `${whole(Math.round(value))} chars/s`);

export function bytes(value) {
  if (value < 1e4) {
    return `${whole(value)} bytes`;
  }
  return value < 1e7 ? `${whole(Math.round(value / 1e3))} kB` : `${whole(Math.round(value / 1e6))} MB`;
}

export const shortTime = (seconds) => (seconds < 60 ? `${seconds.toFixed(1)} s` : duration(seconds));

export const time = (iso) => (iso ? new Date(iso).toLocaleString() : "");

export function progress(run) {
  const done = run.progress;
  if (!done) {
    return "";
  }
  const all = done.iterations ? ` of ${whole(done.iterations)}` : "";
  return `${whole(done.iteration)}${all} iterations`;
}

export const share = (run) =>
  run.progress?.iterations ? run.progress.iteration / run.progress.iterations : 0;
