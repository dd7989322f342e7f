// Where a number of the CNN comes from: the window, the kernel, the sum, and the pixels behind it.

/** All that made `step.values[index]`: of each input map its window times its kernel. */
export function explain(layer, step, index) {
  const { kernel, padding, inputs, outputs, weight } = layer;
  const channel = index % outputs;
  const sums = layer.pool ? step.convolved : step.sums;
  const at = layer.pool ? step.winners[index] : index;
  const side = Math.sqrt(sums.length / outputs);
  const place = Math.floor(at / outputs);
  const [top, left] = [Math.floor(place / side) - padding, (place % side) - padding];
  const parts = Array.from({ length: inputs }, (_, input) => {
    const part = { input, window: [], weights: [], sum: 0 };
    for (let dy = 0; dy < kernel; dy++) {
      for (let dx = 0; dx < kernel; dx++) {
        const [y, x] = [top + dy, left + dx];
        const inside = Math.min(x, y) >= 0 && Math.max(x, y) < step.inputSide;
        const value = inside ? step.input[(y * step.inputSide + x) * inputs + input] : 0;
        const factor = weight[((input * kernel + dy) * kernel + dx) * outputs + channel];
        part.window.push(value);
        part.weights.push(factor);
        part.sum += value * factor;
      }
    }
    return part;
  });
  const block = layer.pool ? blockOf(step, index, outputs, side) : [];
  const [scale, offset] = [layer.scale[channel], layer.offset[channel]];
  return { parts, sum: sums[at], block, scale, offset, value: step.values[index] };
}

/** The four sums that pooling chose from. */
function blockOf(step, index, outputs, side) {
  const place = Math.floor(index / outputs);
  const corner = 2 * (Math.floor(place / step.side) * side + (place % step.side));
  const places = [corner, corner + 1, corner + side, corner + side + 1];
  return places.map((where) => step.convolved[where * outputs + (index % outputs)]);
}

/** The rows or columns first..last of the input pixels that a row or column of layer `n` sees. */
export function fieldOf(layers, n, where) {
  let [first, last] = [where, where];
  for (let i = n; i >= 0; i--) {
    if (layers[i].pool) [first, last] = [2 * first, 2 * last + 1];
    first -= layers[i].padding;
    last += layers[i].kernel - 1 - layers[i].padding;
  }
  return [Math.max(0, first), Math.min(27, last)];
}
