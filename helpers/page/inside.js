// The layers of the CNN while it reads, and the sum behind each of their numbers.

import { argmax } from './arrays.js';
import { paint } from './pixels.js';
import { explain, fieldOf } from './receptive.js';

const SHOWN = 4; // input maps whose windows are drawn; the others are summed up
const MARK = '#ff8a1f';

export class Inside {
  constructor(root, network) {
    this.root = root;
    this.network = network;
    this.hasChosen = false; // until then the number that is explained follows the pen
    this.canvases = network.layers.map((layer, n) => this.addLayer(layer, n));
  }

  addLayer(layer, n) {
    const canvas = document.createElement('canvas');
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute(
      'aria-label',
      `Layer ${n + 1}: click a number, or move with the arrow keys`,
    );
    canvas.onclick = (event) => this.pick(n, event);
    canvas.onkeydown = (event) => this.step(n, event);
    const name = document.createElement('h3');
    name.textContent = `Layer ${n + 1}: ${layer.outputs} kernels of ${layer.kernel} × ${layer.kernel}`;
    this.root.querySelector('.layers').append(name, canvas);
    return canvas;
  }

  /** Shows what `readCnn` gave for these pixels. */
  show(pixels, trace) {
    [this.pixels, this.trace] = [pixels, trace];
    for (const [n, step] of trace.steps.entries()) this.paintLayer(n, step);
    if (!this.hasChosen) this.chosen = this.strongest(0);
    this.showChosen();
  }

  /** The number of a layer that ink raised most above that of its map's corner. */
  strongest(n) {
    const { values } = this.trace.steps[n];
    const { outputs } = this.network.layers[n];
    return { layer: n, index: argmax(values.map((value, i) => value - values[i % outputs])) };
  }

  gridOf(n) {
    const { outputs } = this.network.layers[n];
    const rows = Math.max(1, Math.round(Math.sqrt(outputs) / 2));
    return { columns: Math.ceil(outputs / rows), rows, pitch: this.trace.steps[n].side + 1 };
  }

  paintLayer(n, { values, side }) {
    const { outputs } = this.network.layers[n];
    const { columns, rows, pitch } = this.gridOf(n);
    const canvas = this.canvases[n];
    const [width, height] = [columns * pitch - 1, rows * pitch - 1];
    if (canvas.width !== width) Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d');
    const picture = context.createImageData(width, height);
    const largest = values.reduce((most, value) => Math.max(most, value), 1e-9);
    for (let i = 0; i < values.length; i++) {
      const [place, map] = [Math.floor(i / outputs), i % outputs];
      const y = Math.floor(map / columns) * pitch + Math.floor(place / side);
      const x = (map % columns) * pitch + (place % side);
      const grey = 22 + 233 * Math.sqrt(values[i] / largest); // the root shows weak ones, too
      picture.data.set([grey, grey, grey, 255], 4 * (y * width + x));
    }
    context.putImageData(picture, 0, 0);
  }

  pick(n, event) {
    const canvas = this.canvases[n];
    const box = canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * canvas.width);
    const y = Math.floor(((event.clientY - box.top) / box.height) * canvas.height);
    const { columns, pitch } = this.gridOf(n);
    const { side } = this.trace.steps[n];
    const map = Math.floor(y / pitch) * columns + Math.floor(x / pitch);
    const row = Math.min(y % pitch, side - 1); // the gaps belong to what stands before them
    this.choose(n, row, Math.min(x % pitch, side - 1), map);
  }

  step(n, event) {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (!moves[event.key]) return;
    event.preventDefault();
    if (this.chosen.layer !== n) this.chosen = this.strongest(n);
    const [down, right] = moves[event.key];
    const { row, column, map } = this.placeOf(this.chosen);
    this.choose(n, row + down, column + right, map);
  }

  placeOf({ layer, index }) {
    const { outputs } = this.network.layers[layer];
    const { side } = this.trace.steps[layer];
    const place = Math.floor(index / outputs);
    return { map: index % outputs, row: Math.floor(place / side), column: place % side };
  }

  choose(n, row, column, map) {
    const { outputs } = this.network.layers[n];
    const { side } = this.trace.steps[n];
    if (Math.min(row, column) < 0 || Math.max(row, column) >= side || map >= outputs) return;
    this.hasChosen = true;
    this.chosen = { layer: n, index: (row * side + column) * outputs + map };
    for (const [each, step] of this.trace.steps.entries()) this.paintLayer(each, step);
    document.querySelector('#said').textContent = this.showChosen();
  }

  /** Shows where the chosen number comes from; returns its name and value, in a line. */
  showChosen() {
    const { layer: n, index } = this.chosen;
    const layer = this.network.layers[n];
    const { map, row, column } = this.placeOf(this.chosen);
    const { columns, pitch } = this.gridOf(n);
    const context = this.canvases[n].getContext('2d');
    context.fillStyle = MARK;
    context.fillRect(
      (map % columns) * pitch + column,
      Math.floor(map / columns) * pitch + row,
      1,
      1,
    );
    paint(this.root.querySelector('.input canvas'), this.pixels);
    const [[top, bottom], [left, right]] = [row, column].map((where) =>
      fieldOf(this.network.layers, n, where),
    );
    Object.assign(this.root.querySelector('.input i').style, {
      left: `${(100 * left) / 28}%`,
      top: `${(100 * top) / 28}%`,
      width: `${(100 * (right - left + 1)) / 28}%`,
      height: `${(100 * (bottom - top + 1)) / 28}%`,
    });
    const found = explain(layer, this.trace.steps[n], index);
    const name = `Layer ${n + 1}, map ${map + 1}, row ${row + 1}, column ${column + 1}`;
    this.root.querySelector('.number h3').textContent = name;
    this.root.querySelector('.sums').innerHTML = sumsHtml(found, n);
    this.root.querySelector('.number').dataset.value = found.value;
    return `${name}: ${signed(found.value)}`;
  }
}

/** The arithmetic of one number, as HTML. */
function sumsHtml({ parts, sum, block, scale, offset, value }, n) {
  const strongest = [...parts].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum)).slice(0, SHOWN);
  const rest = parts.filter((part) => !strongest.includes(part));
  const others = rest.reduce((total, part) => total + part.sum, 0);
  const lines = strongest.map((part) => {
    const products = part.window.map((pixel, i) => pixel * part.weights[i]);
    const from = n === 0 ? 'pixels' : `map ${part.input + 1}`;
    const tables = [
      tableHtml(from, part.window, 'grey'),
      '<b>×</b>',
      tableHtml('kernel', part.weights),
      ...(n === 0 ? ['<b>=</b>', tableHtml('products', products)] : []),
    ];
    return `<div class="line">${tables.join('')}<b>→ ${signed(part.sum)}</b></div>`;
  });
  if (rest.length) lines.push(`<p>The other ${rest.length} maps: <b>${signed(others)}</b></p>`);
  const chosen = block.length
    ? ` It is the largest of a block of four (${block.map(signed).join(', ')}): that is pooling.`
    : '';
  const cut = sum * scale + offset < 0 ? ', which ReLU sets to' : '';
  return `<div class="lines">${lines.join('')}</div><p>Their sum is <b>${signed(sum)}</b>.${chosen}
    Scaled and shifted, ${signed(sum)} × ${signed(scale)} ${offset < 0 ? '−' : '+'} ${signed(Math.abs(offset))} =
    ${signed(sum * scale + offset)}${cut}${cut ? ` <b>${signed(value)}</b>` : ''}.</p>`;
}

function tableHtml(name, values, kind = '') {
  const side = Math.sqrt(values.length);
  const largest = Math.max(...values.map(Math.abs), 1e-9);
  const cell = (value) => {
    const share = Math.round((55 * Math.abs(value)) / largest);
    const colour = kind || (value < 0 ? 'negative' : 'positive');
    return `<td style="--share:${share}%" class="${colour}">${signed(value)}</td>`;
  };
  const rows = Array.from({ length: side }, (_, row) => {
    return `<tr>${values
      .slice(row * side, (row + 1) * side)
      .map(cell)
      .join('')}</tr>`;
  });
  return `<table class="of${side}"><caption>${name}</caption><tbody>${rows.join('')}</tbody></table>`;
}

/** With two decimals, a true minus sign, and none before a zero. */
function signed(value) {
  return (Math.round(100 * value) / 100 + 0).toFixed(2).replace('-', '−');
}
