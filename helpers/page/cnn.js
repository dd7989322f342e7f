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

/** A convolution. At each place it looks at the numbers that are not 0: in a drawing, the fewest. */
function convolve({ kernel, padding, inputs, outputs, weight }, values, from) {
  const side = from + 2 * padding - kernel + 1;
  const sums = new Float64Array(side * side * outputs);
  const factors = new Float64Array(kernel * kernel * inputs);
  const starts = new Int32Array(factors.length);
  for (let place = 0; place < side * side; place++) {
    const top = Math.floor(place / side) - padding;
    const left = (place % side) - padding;
    let n = 0;
    for (let dy = Math.max(0, -top); dy < kernel && top + dy < from; dy++) {
      for (let dx = Math.max(0, -left); dx < kernel && left + dx < from; dx++) {
        const first = ((top + dy) * from + left + dx) * inputs;
        for (let input = 0; input < inputs; input++) {
          if (values[first + input] === 0) continue;
          factors[n] = values[first + input];
          starts[n++] = ((input * kernel + dy) * kernel + dx) * outputs;
        }
      }
    }
    sumUp(sums, place * outputs, outputs, weight, factors, starts, n);
  }
  return { sums, side };
}

/** Each output's sum of `n` factors times weights; eight at a time stay in the processor. */
function sumUp(sums, at, outputs, weight, factors, starts, n) {
  let o = 0;
  for (; o + 7 < outputs; o += 8) {
    let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const factor = factors[i];
      const k = starts[i] + o;
      a += factor * weight[k];
      b += factor * weight[k + 1];
      c += factor * weight[k + 2];
      d += factor * weight[k + 3];
      e += factor * weight[k + 4];
      f += factor * weight[k + 5];
      g += factor * weight[k + 6];
      h += factor * weight[k + 7];
    }
    sums.set([a, b, c, d, e, f, g, h], at + o);
  }
  for (; o < outputs; o++) {
    for (let i = 0; i < n; i++) sums[at + o] += factors[i] * weight[starts[i] + o];
  }
}

/** The largest of each 2 × 2 block, and where in `sums` it stood (`winners`). */
function poolLargest(sums, from, channels) {
  const side = from >> 1;
  const winners = new Uint32Array(side * side * channels);
  const largest = new Float64Array(winners.length);
  for (let i = 0; i < winners.length; i++) {
    const place = Math.floor(i / channels);
    const corner = 2 * (Math.floor(place / side) * from + (place % side)) * channels;
    let best = corner + (i % channels);
    const below = best + from * channels;
    if (sums[best + channels] > sums[best]) best += channels;
    if (sums[below] > sums[best]) best = below;
    if (sums[below + channels] > sums[best]) best = below + channels;
    winners[i] = best;
    largest[i] = sums[best];
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
