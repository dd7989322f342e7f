// The convolutional network of notebook 02: forwards, and the gradient of a logit backwards.
// Numbers lie row by row, a pixel's channels side by side; weights as [input][row][column][output].

import {
  addScaled,
  argmax,
  dot,
  normaliseAndCut,
  shares,
  softmax,
  unpack,
  unpackLayers,
} from './arrays.js';

export function openCnn(packed) {
  const layers = unpackLayers(packed.layers);
  for (const layer of layers) layer.eights = inEights(layer);
  return { layers, weight: unpack(packed.weight), bias: unpack(packed.bias) };
}

/** What the network makes of pixels 0..255: `probabilities`, `logits`, and each layer's numbers. */
export function readCnn(network, pixels) {
  let [values, side] = [shares(pixels), 28];
  const steps = network.layers.map((layer) => {
    const step = { input: values, inputSide: side, ...convolve(layer, values, side) };
    if (layer.pool) Object.assign(step, poolLargest(step.sums, step.side, layer.outputs));
    values = normaliseAndCut(layer, step.sums);
    side = step.side;
    return Object.assign(step, { values });
  });
  const logits = new Float64Array(network.bias);
  for (let i = 0; i < values.length; i++) {
    if (values[i]) addScaled(logits, 0, network.weight, 10 * i, 10, values[i]);
  }
  return { probabilities: softmax(logits), logits, steps };
}

/** A convolution: of each window, the numbers that are not 0, in a drawing the fewest. */
function convolve(layer, values, from) {
  const side = from + 2 * layer.padding - layer.kernel + 1;
  const sums = new Float64Array(side * side * layer.outputs);
  const found = listNonzero(values, from, layer.inputs);
  for (let n = 0; n < layer.eights.length; n++) sumEight(sums, side, n, layer, from, found);
  return { sums, side };
}

/** The numbers that are not 0, pixel by pixel, and where in its row of weights each has its own. */
function listNonzero(values, from, inputs) {
  const [factors, starts, ends] = [[], [], [0]];
  for (let pixel = 0; pixel < from * from; pixel++) {
    for (let input = 0; input < inputs; input++) {
      const value = values[pixel * inputs + input];
      if (value === 0) continue;
      factors.push(value);
      starts.push(8 * ((pixel % from) * inputs + input));
    }
    ends.push(factors.length);
  }
  return { factors, starts, ends };
}

/** The sums of outputs 8 n to 8 n + 7 at each place: eight at a time stay in the processor. */
function sumEight(sums, side, n, { kernel, padding, inputs, outputs, eights }, from, found) {
  const { factors, starts, ends } = found;
  const weight = eights[n];
  for (let place = 0; place < side * side; place++) {
    const top = Math.floor(place / side) - padding;
    const left = (place % side) - padding;
    const first = Math.max(0, left);
    const last = Math.min(from, left + kernel);
    let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let y = Math.max(0, top); y < from && y < top + kernel; y++) {
      const shift = 8 * inputs * ((y - top) * kernel - left);
      const end = ends[y * from + last];
      for (let i = ends[y * from + first]; i < end; i++) {
        const factor = factors[i];
        const k = starts[i] + shift;
        a += factor * weight[k];
        b += factor * weight[k + 1];
        c += factor * weight[k + 2];
        d += factor * weight[k + 3];
        e += factor * weight[k + 4];
        f += factor * weight[k + 5];
        g += factor * weight[k + 6];
        h += factor * weight[k + 7];
      }
    }
    const eight = [a, b, c, d, e, f, g, h];
    for (let o = 8 * n; o < 8 * n + 8 && o < outputs; o++)
      sums[place * outputs + o] = eight[o - 8 * n];
  }
}

/** A convolution's weights for `sumEight`: of eight outputs each, as [row][column][input][output].
 * They are plain arrays: those a browser reads faster than typed ones.
 */
function inEights({ kernel, inputs, outputs, weight }) {
  return Array.from({ length: Math.ceil(outputs / 8) }, (_, n) => {
    const eight = [];
    for (let tap = 0; tap < kernel * kernel; tap++) {
      for (let input = 0; input < inputs; input++) {
        const row = (input * kernel * kernel + tap) * outputs;
        for (let o = 8 * n; o < 8 * n + 8; o++) eight.push(o < outputs ? weight[row + o] : 0);
      }
    }
    return eight;
  });
}

/** The largest of each 2 × 2 block, and where in `sums` it stood (`winners`). */
function poolLargest(sums, from, channels) {
  const side = from >> 1;
  const winners = new Uint32Array(side * side * channels);
  const largest = new Float64Array(winners.length);
  for (let place = 0, i = 0; place < side * side; place++) {
    const corner = 2 * (Math.floor(place / side) * from + (place % side)) * channels;
    for (let channel = 0; channel < channels; channel++, i++) {
      let best = corner + channel;
      const below = best + from * channels;
      if (sums[best + channels] > sums[best]) best += channels;
      if (sums[below] > sums[best]) best = below;
      if (sums[below + channels] > sums[best]) best = below + channels;
      winners[i] = best;
      largest[i] = sums[best];
    }
  }
  return { sums: largest, side, winners, convolved: sums };
}

/** How much each pixel, 0..255, moves the logit of `digit` in what `readCnn` gave: 784 numbers. */
export function gradientOf(network, { steps }, digit) {
  const last = steps[steps.length - 1].values;
  let slopes = last.map((_, i) => network.weight[10 * i + digit]);
  for (let n = steps.length - 1; n >= 0; n--) {
    const [layer, step] = [network.layers[n], steps[n]];
    slopes = slopes.map((slope, i) =>
      step.values[i] > 0 ? slope * layer.scale[i % layer.outputs] : 0,
    );
    if (layer.pool) {
      const spread = new Float64Array(step.convolved.length);
      slopes.forEach((slope, i) => {
        spread[step.winners[i]] += slope;
      });
      slopes = spread;
    }
    slopes = convolveBack(layer, slopes, step, n === 0);
  }
  return slopes.map((slope) => slope / 255);
}

/** The gradient for a convolution's input; where ReLU gave 0, it would not get through anyway. */
function convolveBack({ kernel, padding, inputs, outputs, weight }, slopes, step, everywhere) {
  const from = step.inputSide;
  const side = from + 2 * padding - kernel + 1;
  return step.input.map((value, i) => {
    if (value === 0 && !everywhere) return 0;
    const [place, input] = [Math.floor(i / inputs), i % inputs];
    const [y, x] = [Math.floor(place / from) + padding, (place % from) + padding];
    let sum = 0;
    for (let dy = Math.max(0, y - side + 1); dy < kernel && dy <= y; dy++) {
      for (let dx = Math.max(0, x - side + 1); dx < kernel && dx <= x; dx++) {
        const at = ((y - dy) * side + x - dx) * outputs;
        const k = ((input * kernel + dy) * kernel + dx) * outputs;
        sum += dot(slopes, at, weight, k, outputs);
      }
    }
    return sum;
  });
}

/** Which pixels move the winning logit, 0..1: squared gradients of noisy copies, averaged. */
export function saliencyOf(network, pixels, copies = 25) {
  const total = new Float64Array(pixels.length);
  const chance = normalNumbers(1);
  for (let copy = 0; copy < copies; copy++) {
    const noisy = new Float64Array(pixels).map((pixel) => pixel + 25 * chance());
    const reading = readCnn(network, noisy);
    const slopes = gradientOf(network, reading, argmax(reading.logits));
    for (let i = 0; i < total.length; i++) total[i] += slopes[i] * slopes[i];
  }
  const largest = Math.max(...total, 1e-12);
  return total.map((value) => value / largest);
}

/** A function that gives normally distributed numbers, the same ones for the same seed. */
export function normalNumbers(seed) {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
