/** Two fingers that move apart or together. */

/**
 * What a pointer's move does while another one is down; null where there is no other.
 * @param {Map<number, {x: number, y: number}>} pointers that are down, where they were before
 * @param {number} id of the one that moves
 * @param {{x: number, y: number}} now
 * @returns {?{factor: number, x: number, y: number}} how much larger, around which point
 */
export function pinchOf(pointers, id, now) {
  const before = pointers.get(id);
  const other = [...pointers].find(([one]) => one !== id)?.[1];
  if (!before || !other) return null;
  const apart = (point) => Math.hypot(point.x - other.x, point.y - other.y);
  return { factor: apart(now) / Math.max(1, apart(before)), x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
}
