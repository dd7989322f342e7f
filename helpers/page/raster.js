// From pen strokes to the image that MNIST would have shown: helpers/strokes.py, bit for bit.
// Strokes are lists of points [x, y], x to the right and y down.

import { roundHalfToEven } from './arrays.js';

const BOX = 20; // the ink fills a box of 20 pixels …
export const FIELD = 28; // … in a field of 28
export const INK_WIDTH = 2.4; // pixels of the field
const LONG = 10000; // points of a stroke that are drawn at a time
const GRID = 8 * BOX + 1; // the pen goes in steps of an eighth of a pixel

/** The drawing as 28 × 28 pixels, row by row, ink 255 on paper 0. */
export function rasterize(strokes, inkWidth = INK_WIDTH) {
  const image = new Uint8Array(FIELD * FIELD);
  const curves = bounded(clean(strokes)).map((stroke) => smooth(stroke));
  if (!curves.length) return image;
  const { ink, massX, massY } = inkOf(dabsOf(curves, inkWidth), inkWidth);
  const [left, top] = [massX, massY].map((mass) =>
    Math.min(FIELD - BOX, Math.max(0, roundHalfToEven(FIELD / 2 - mass))),
  );
  for (let row = 0; row < BOX; row++) {
    for (let column = 0; column < BOX; column++) {
      image[(top + row) * FIELD + left + column] = roundHalfToEven(255 * ink[row * BOX + column]);
    }
  }
  return image;
}

/** The strokes with their finite points alone; those that have none are left out. */
export function clean(strokes) {
  return strokes
    .map((stroke) => stroke.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)))
    .filter((stroke) => stroke.length > 0);
}

/** The same drawing, its largest coordinate in 0.5..1, in pieces of at most `LONG` points. */
function bounded(strokes) {
  let largest = 0;
  for (const [x, y] of strokes.flat()) largest = Math.max(largest, Math.abs(x), Math.abs(y));
  let scale = 1;
  while (largest * scale >= 1) scale /= 2;
  while (largest > 0 && largest * scale < 0.5 && scale < 2 ** 1000) scale *= 2;
  const pieces = [];
  for (const stroke of strokes) {
    for (let start = 0; start < Math.max(1, stroke.length - 1); start += LONG) {
      const piece = stroke.slice(start, start + LONG + 1);
      pieces.push(piece.map(([x, y]) => [x * scale, y * scale]));
    }
  }
  return pieces;
}

/** A curve through parabolas from the middle of one segment to the middle of the next. */
export function smooth(stroke, pieces = 8) {
  if (stroke.length < 3) return stroke;
  const curve = [stroke[0]];
  for (let i = 1; i < stroke.length - 1; i++) {
    const [before, control, after] = [stroke[i - 1], stroke[i], stroke[i + 1]];
    for (let k = 0; k <= pieces; k++) {
      const t = k / pieces;
      const along = (axis) =>
        (1 - t) * (1 - t) * ((before[axis] + control[axis]) / 2) +
        2 * t * (1 - t) * control[axis] +
        t * t * ((control[axis] + after[axis]) / 2);
      curve.push([along(0), along(1)]);
    }
  }
  curve.push(stroke[stroke.length - 1]);
  return curve;
}

/** Where the pen touches the box, in pixels of it: each place of its grid once. */
function dabsOf(curves, inkWidth) {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (const point of curves.flat()) {
    for (const axis of [0, 1]) {
      low[axis] = Math.min(low[axis], point[axis]);
      high[axis] = Math.max(high[axis], point[axis]);
    }
  }
  const middle = [0, 1].map((axis) => (low[axis] + high[axis]) / 2);
  const extent = Math.max(high[0] - low[0], high[1] - low[1]);
  const scale = extent > 1e-12 ? (BOX - inkWidth) / extent : 0;
  const places = new Set();
  for (const curve of curves) {
    const fitted = curve.map(([x, y]) => [(x - middle[0]) * scale, (y - middle[1]) * scale]);
    for (const [x, y] of walk(fitted, inkWidth / 10)) {
      places.add(roundHalfToEven(8 * (x + BOX / 2)) * GRID + roundHalfToEven(8 * (y + BOX / 2)));
    }
  }
  const found = new Float64Array([...places]);
  return {
    xs: found.map((place) => Math.floor(place / GRID) / 8),
    ys: found.map((place) => (place % GRID) / 8),
  };
}

/** Points on a curve at equal distances of at most `step`, as np.interp finds them. */
export function walk(curve, step) {
  const length = [0];
  for (let i = 1; i < curve.length; i++) {
    const [dx, dy] = [curve[i][0] - curve[i - 1][0], curve[i][1] - curve[i - 1][1]];
    length.push(length[i - 1] + Math.hypot(dx, dy));
  }
  const last = curve.length - 1;
  const parts = Math.ceil(length[last] / step);
  const points = [];
  for (let k = 0, j = 0; k < parts; k++) {
    const at = k * (length[last] / parts);
    while (j < last && length[j + 1] <= at) j++;
    const along = (axis) =>
      ((curve[j + 1][axis] - curve[j][axis]) / (length[j + 1] - length[j])) * (at - length[j]) +
      curve[j][axis];
    points.push(j === last ? curve[last] : [along(0), along(1)]);
  }
  points.push(curve[last]);
  return points;
}

/** How much of each pixel of the box a round pen covers, and where the ink's mass lies. */
function inkOf(dabs, inkWidth) {
  const ink = new Float64Array(BOX * BOX);
  const columns = new Float64Array(BOX);
  const rows = new Float64Array(BOX);
  for (let row = 0; row < BOX; row++) {
    for (let column = 0; column < BOX; column++) {
      const squared = nearestOf(dabs, column + 0.5, row + 0.5);
      const covered = Math.min(1, Math.max(0, inkWidth / 2 - Math.sqrt(squared) + 0.5));
      ink[row * BOX + column] = covered;
      rows[row] += covered;
      columns[column] += covered;
    }
  }
  const total = rows.reduce((sum, part) => sum + part);
  const centre = (parts) => {
    const mass = parts.reduce((sum, part, i) => sum + part * i, 0) / total;
    return roundHalfToEven(1e9 * mass) / 1e9; // the order of a sum must not decide a tie
  };
  return { ink, massX: centre(columns), massY: centre(rows) };
}

/** The squared distance of a place from the nearest of `dabs`. */
function nearestOf({ xs, ys }, x, y) {
  let nearest = Infinity;
  for (let i = 0; i < xs.length; i++) {
    const squared = (xs[i] - x) * (xs[i] - x) + (ys[i] - y) * (ys[i] - y);
    if (squared < nearest) nearest = squared;
  }
  return nearest;
}
