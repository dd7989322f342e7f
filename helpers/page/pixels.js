// Pictures of 28 × 28 pixels on canvases.

import { FIELD } from './raster.js';

const HEAT = [255, 96, 0]; // the colour of the pixels that count

/** Paints pixels 0..255 on a canvas of 28 × 28, coloured by `heat`, 0..1, where that is given. */
export function paint(canvas, pixels, heat) {
  const context = canvas.getContext('2d');
  const picture = context.createImageData(FIELD, FIELD);
  for (let i = 0; i < pixels.length; i++) {
    const share = heat ? 0.85 * Math.sqrt(heat[i]) : 0; // the root shows weak spots, too
    for (const c of [0, 1, 2]) picture.data[4 * i + c] = pixels[i] * (1 - share) + HEAT[c] * share;
    picture.data[4 * i + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

/** A new canvas with these pixels; without a name it is decoration. */
export function pictureOf(pixels, name) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = FIELD;
  if (name) canvas.setAttribute('aria-label', name);
  canvas.setAttribute('role', name ? 'img' : 'presentation');
  paint(canvas, pixels);
  return canvas;
}
