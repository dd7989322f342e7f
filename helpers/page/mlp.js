// The NumPy network of notebook 03: rows of weights, one per input.

import { addScaled, shares, softmax, unpackLayers } from './arrays.js';

export function openMlp(packed) {
  return unpackLayers(packed.layers);
}

/** The probabilities of the ten digits for pixels 0..255. */
export function readMlp(layers, pixels) {
  let values = shares(pixels);
  layers.forEach(({ weight, bias }, n) => {
    const sums = new Float64Array(bias);
    for (let i = 0; i < values.length; i++) {
      if (values[i]) addScaled(sums, 0, weight, i * sums.length, sums.length, values[i]);
    }
    values = n < layers.length - 1 ? sums.map((sum) => Math.max(0, sum)) : sums;
  });
  return softmax(values);
}
