// How sizes, dates and names are written for people.

const UNITS = ["B", "KB", "MB", "GB"];

/** Bytes as people say them: 1536 is "1.5 KB". BigInt fields may come as text. */
export function bytes(size) {
  let value = Number(size);
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toLocaleString("en", { maximumFractionDigits: unit && value < 100 ? 1 : 0 })} ${UNITS[unit]}`;
}

const MOMENT = { dateStyle: "medium", timeStyle: "short" };

/** A time of the server in the reader's zone. */
export function moment(iso) {
  return new Date(iso).toLocaleString("en", MOMENT);
}

/** What the camera's own clock showed, in whatever zone it was. */
export function wallClock(iso) {
  return new Date(`${iso.slice(0, 19)}Z`).toLocaleString("en", { ...MOMENT, timeZone: "UTC" });
}

export function pixels({ width, height }) {
  return `${width.toLocaleString("en")} × ${height.toLocaleString("en")} px`;
}

export function counted(count, one, many) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

export function titleOf(image) {
  return image.title || "Untitled picture";
}
