// Drawings that are kept: shown, opened again, saved as a file and loaded from one.

import { pictureOf } from './pixels.js';
import { clean, rasterize } from './raster.js';

const FORMAT = 'digit-lab-drawings';
const FAR = 1e9; // no pad is as large

export class Kept {
  /** `open(strokes)` puts a drawing on the pad again. */
  constructor(root, open) {
    this.find = (selector) => root.querySelector(selector);
    this.open = open;
    this.drawings = []; // { label, drawn, strokes }: what notebook 05 keeps, and the digit
    this.chosen = null;
    this.find('.save').onclick = () => this.save();
    this.find('.load').onclick = () => this.find('input').click();
    this.find('.remove').onclick = () => this.remove();
    this.find('input').onchange = ({ target }) => this.load(target);
    this.show();
  }

  keep(label, strokes) {
    const drawn = new Date().toISOString().slice(0, 19);
    this.drawings.push({ label, drawn, strokes: structuredClone(strokes) });
    this.show();
  }

  show() {
    this.find('.tray').replaceChildren(...this.drawings.map((drawing) => this.thumbnail(drawing)));
    const count = this.drawings.length;
    this.find('.save').disabled = count === 0;
    this.find('.remove').hidden = !this.chosen;
    this.find('.count').textContent =
      count === 0
        ? 'Nothing is kept yet.'
        : `${count} ${count === 1 ? 'drawing' : 'drawings'} kept.`;
  }

  thumbnail(drawing) {
    const button = document.createElement('button');
    button.type = 'button';
    button.ariaLabel = `Open a ${drawing.label}`;
    button.ariaPressed = drawing === this.chosen;
    button.append(pictureOf(rasterize(drawing.strokes)), `${drawing.label}`);
    button.onclick = () => {
      this.chosen = drawing;
      this.open(drawing.strokes);
      this.show();
    };
    return button;
  }

  remove() {
    this.drawings = this.drawings.filter((drawing) => drawing !== this.chosen);
    this.chosen = null;
    this.show();
  }

  save() {
    const text = JSON.stringify({ format: FORMAT, version: 1, drawings: this.drawings });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: 'application/json' }));
    link.download = 'drawings.json';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  async load(input) {
    try {
      const loaded = drawingsOf(await input.files[0].text());
      this.drawings.push(...loaded);
      this.show();
    } catch (error) {
      this.find('.count').textContent = `${error.message}.`;
    }
    input.value = '';
  }
}

/** The drawings in the text of a file that `save` wrote; an Error, a sentence, for any other. */
export function drawingsOf(text) {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error('This file is no JSON');
  }
  if (found?.format !== FORMAT || !Array.isArray(found.drawings)) {
    throw new Error('This file holds no drawings of this page');
  }
  return found.drawings.map((drawing) => {
    const isPoint = (point) =>
      Array.isArray(point) && point.length === 2 && point.every((at) => Math.abs(at) < FAR);
    const isStroke = (stroke) => Array.isArray(stroke) && stroke.length && stroke.every(isPoint);
    const { label, drawn, strokes } = drawing ?? {};
    const isDigit = Number.isInteger(label) && label >= 0 && label <= 9;
    if (!isDigit || !Array.isArray(strokes) || !strokes.length || !strokes.every(isStroke)) {
      throw new Error('This file is damaged: a drawing lacks its digit or its strokes');
    }
    return { label, drawn: String(drawn), strokes: clean(strokes) };
  });
}
