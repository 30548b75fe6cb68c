/** Names on the map: of countries and towns, where they cover no cluster and no other name. */

const COUNTRY = "600 12px system-ui, sans-serif";
const TOWN = "12px system-ui, sans-serif";
const DOT_PX = 2;

/**
 * @param {CanvasRenderingContext2D} brush
 * @param {import("./world_view.js").WorldView} view
 * @param {{countries: object[], towns: object[], taken: DOMRect[], colours: {name: string, halo: string}}} what taken: where clusters are
 */
export function drawNames(brush, view, { countries, towns, taken, colours }) {
  const boxes = [...taken];
  Object.assign(brush, { textAlign: "center", textBaseline: "middle", lineJoin: "round", lineWidth: 3, strokeStyle: colours.halo, fillStyle: colours.name });
  const write = (name, x, y, height) => {
    const width = brush.measureText(name).width + 8;
    const box = new DOMRect(x - width / 2, y - height / 2, width, height);
    if (boxes.some((other) => meet(box, other))) return false;
    boxes.push(box);
    brush.strokeText(name, x, y);
    brush.fillText(name, x, y);
    return true;
  };
  brush.font = COUNTRY;
  brush.letterSpacing = "0.06em";
  for (const { name, longitude, latitude } of countries) write(name, ...view.toPixels(longitude, latitude), 18);
  brush.font = TOWN;
  brush.letterSpacing = "0px";
  for (const { name, longitude, latitude } of towns) {
    const [x, y] = view.toPixels(longitude, latitude);
    if (!write(name, x, y - 10, 16)) continue;
    brush.beginPath();
    brush.arc(x, y, DOT_PX, 0, 2 * Math.PI);
    brush.fill();
  }
}

function meet(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
