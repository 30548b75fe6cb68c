/** The outline of the world: land and borders, and names of countries in the reader's language. Made with Natural Earth. */

import { xOf, yOf } from "./world_view.js";

const FILE = new URL("../../world.json", import.meta.url);
const COAST_PX = 1;
const BEYOND = 1.2; // land goes on beyond the 180th meridian
const LAST_NAMES = 7; // zoom; closer there are towns

/** Draws the world on a canvas. */
export class Outline {
  /** Loads it; the map is usable without. */
  async load() {
    if (this.land) return;
    const answer = await fetch(FILE);
    if (!answer.ok) return;
    const { units, land, borders, countries } = await answer.json();
    const names = new Intl.DisplayNames(undefined, { type: "region" });
    this.countries = countries.map(([code, longitude, latitude, size]) => ({ name: names.of(code), longitude, latitude, size }));
    this.borders = pathOf(borders, units);
    this.land = pathOf(land, units);
  }

  /** @param {CanvasRenderingContext2D} brush @param {import("./world_view.js").WorldView} view @param {{land: string, line: string}} colours */
  draw(brush, view, { land, line }) {
    if (!this.land) return;
    const { size } = view;
    const copies = [-1, 0, 1].filter((copy) => Math.abs((copy + 0.5 - view.x) * size) < (BEYOND * size + view.width) / 2);
    for (const copy of copies) {
      brush.save();
      brush.translate(view.width / 2 + (copy - view.x) * size, view.height / 2 - view.y * size);
      brush.scale(size, size);
      brush.lineWidth = COAST_PX / size;
      brush.lineJoin = "round";
      brush.fillStyle = land;
      brush.strokeStyle = line;
      brush.fill(this.land, "evenodd");
      brush.stroke(this.land);
      brush.stroke(this.borders);
      brush.fillRect(0, 1 - (2 * COAST_PX) / size, 1, 1); // the ice goes on, in a view that is higher than the map
      brush.restore();
    }
  }

  /** Countries that have room for their names. @param {import("./world_view.js").WorldView} view */
  names(view) {
    if (!this.countries || view.zoom > LAST_NAMES) return [];
    const degree = view.size / 360;
    return this.countries.filter(({ name, size }) => Math.sqrt(size) * degree > 5 * name.length + 24);
  }
}

function pathOf(lines, units) {
  const path = new Path2D();
  for (const line of lines) {
    let isFirst = true;
    for (const [longitude, latitude] of pointsOf(line)) {
      const [x, y] = [xOf(longitude / units), yOf(latitude / units)];
      if (isFirst) path.moveTo(x, y);
      else path.lineTo(x, y);
      isFirst = false;
    }
  }
  return path;
}

/** The points of a line in polyline format: five bits in a character, the sign in the last one; each number a step from the point before. */
function* pointsOf(line) {
  const point = [0, 0];
  let [axis, bits, shift] = [0, 0, 0];
  for (let place = 0; place < line.length; place += 1) {
    const code = line.charCodeAt(place) - 63;
    bits |= (code & 31) << shift;
    shift += 5;
    if (code & 32) continue;
    point[axis] += bits & 1 ? ~(bits >> 1) : bits >> 1;
    if (axis) yield point;
    [axis, bits, shift] = [1 - axis, 0, 0];
  }
}
