/** Groups on the map of similar photos: a picture of each, and what its photos have in common. */

const SIDE_PX = 48;
const GAP_PX = 8;
const LINE_PX = 18;
const CORNER_PX = 10;
const FONT = "600 13px system-ui, sans-serif";

/**
 * Draws those that do not cover each other, the largest first.
 * @param {CanvasRenderingContext2D} brush
 * @param {{x: number, y: number, label: ?string, image_id: string}[]} groups x, y: in pixels
 * @param {{pictureOf: (id: string) => ?HTMLImageElement, areLabelsOnly: boolean, colours: {text: string, halo: string, line: string}}} how
 */
export function drawGroups(brush, groups, { pictureOf, areLabelsOnly, colours }) {
  const boxes = [];
  Object.assign(brush, { font: FONT, textAlign: "center", textBaseline: "top", lineJoin: "round" });
  for (const { x: centre, y, label, image_id: id } of groups) {
    if (areLabelsOnly && !label) continue;
    const width = Math.max(areLabelsOnly ? 0 : SIDE_PX, label ? brush.measureText(label).width : 0) + 2 * GAP_PX;
    const x = inside(centre, width, brush.canvas.clientWidth);
    const top = areLabelsOnly ? y - LINE_PX / 2 : y - SIDE_PX / 2;
    const box = new DOMRect(x - width / 2, top - GAP_PX, width, (areLabelsOnly ? 0 : SIDE_PX) + LINE_PX + GAP_PX);
    if (boxes.some((other) => meet(box, other))) continue;
    boxes.push(box);
    if (!areLabelsOnly) drawPicture(brush, pictureOf(id), x - SIDE_PX / 2, top, colours);
    if (label) drawLabel(brush, label, x, areLabelsOnly ? top : top + SIDE_PX + 4, colours);
  }
}

/** A group at the edge is drawn whole. @param {number} x of its middle @param {number} width of what is drawn @param {number} whole width of the canvas */
function inside(x, width, whole) {
  return x < 0 || x > whole ? x : Math.min(Math.max(x, width / 2), whole - width / 2);
}

function drawPicture(brush, picture, left, top, { halo, line }) {
  brush.save();
  brush.beginPath();
  brush.roundRect(left, top, SIDE_PX, SIDE_PX, CORNER_PX);
  brush.fillStyle = line;
  brush.fill();
  brush.clip();
  if (picture) {
    const { naturalWidth: width, naturalHeight: height } = picture;
    const side = Math.min(width, height);
    brush.drawImage(picture, (width - side) / 2, (height - side) / 2, side, side, left, top, SIDE_PX, SIDE_PX);
  }
  brush.restore();
  brush.strokeStyle = halo;
  brush.lineWidth = 3;
  brush.stroke();
}

function drawLabel(brush, label, x, y, { text, halo }) {
  Object.assign(brush, { strokeStyle: halo, lineWidth: 4, fillStyle: text });
  brush.strokeText(label, x, y);
  brush.fillText(label, x, y);
}

function meet(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
