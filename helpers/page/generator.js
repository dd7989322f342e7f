// The generator of notebook 04: latents and a digit in, 28 × 28 pixels out.
// Numbers lie row by row, a pixel's channels side by side, as in cnn.js.

import { addScaled, normaliseAndCut, roundHalfToEven, unpack, unpackLayers } from './arrays.js';

export function openGenerator(packed) {
  const { latents, directions } = packed;
  return {
    latents,
    directions,
    project: unpack(packed.project),
    layers: unpackLayers(packed.layers),
  };
}

/** The image, 784 pixels 0..255, that the generator draws for latents and a digit. */
export function generate({ latents, project, layers }, noise, digit) {
  const size = project.length / (latents + 10);
  let [values, side] = [new Float64Array(size), 7];
  noise.forEach((factor, i) => {
    addScaled(values, 0, project, i * size, size, factor);
  });
  addScaled(values, 0, project, (latents + digit) * size, size, 1);
  const last = layers.length - 1;
  for (let n = 0; n < last; n++) {
    if (n) [values, side] = spread(layers[n], values, side);
    values = normaliseAndCut(layers[n], values);
  }
  const [ink] = spread(layers[last], values, side);
  const { scale, offset } = layers[last];
  const pixels = ink.map((sum) => 127.5 * (Math.tanh(sum * scale[0] + offset[0]) + 1));
  return new Uint8Array(pixels.map(roundHalfToEven));
}

/** A transposed convolution: each number lays its kernel down, `stride` apart from the next. */
function spread({ kernel, stride, padding, inputs, outputs, weight }, values, from) {
  const side = (from - 1) * stride - 2 * padding + kernel;
  const sums = new Float64Array(side * side * outputs);
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue;
    const [place, input] = [Math.floor(i / inputs), i % inputs];
    const top = Math.floor(place / from) * stride - padding;
    const left = (place % from) * stride - padding;
    for (let dy = Math.max(0, -top); dy < kernel && top + dy < side; dy++) {
      for (let dx = Math.max(0, -left); dx < kernel && left + dx < side; dx++) {
        const at = ((top + dy) * side + left + dx) * outputs;
        const k = ((input * kernel + dy) * kernel + dx) * outputs;
        addScaled(sums, at, weight, k, outputs, values[i]);
      }
    }
  }
  return [sums, side];
}
