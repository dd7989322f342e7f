// Drawings that are kept: shown, opened again, saved as a file and loaded from one.

import { pictureOf } from './pixels.js';
import { rasterize } from './raster.js';
import { withArticle } from './reading.js';

const FORMAT = 'digit-lab-drawings';
const MOST = 1000; // drawings, and bytes: what notebook 05 takes of a file
const MAX_BYTES = 16_000_000;
const FAR = 1e9; // no pad is as large

export class Kept {
  /** `open(strokes)` puts a drawing on the pad again. */
  constructor(root, open) {
    this.find = (selector) => root.querySelector(selector);
    this.open = open;
    this.drawings = []; // { label, drawn, strokes }: of the last two notebook 05 takes the strokes
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
    button.ariaLabel = `Open ${withArticle(drawing.label)}`;
    button.ariaPressed = drawing === this.chosen;
    button.append(pictureOf(rasterize(drawing.strokes)), `${drawing.label}`);
    button.onclick = () => {
      this.chosen = drawing;
      this.open(drawing.strokes);
      this.show();
      this.find('[aria-pressed="true"]').focus(); // its button is another one now
    };
    return button;
  }

  remove() {
    this.drawings = this.drawings.filter((drawing) => drawing !== this.chosen);
    this.chosen = null;
    this.show();
    this.find('.load').focus(); // the button that was pressed is gone
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
      const [file] = input.files;
      if (file.size > MAX_BYTES) throw new Error('This file is too large: no hand draws so much');
      this.drawings.push(...drawingsOf(await file.text()));
      this.show();
    } catch (error) {
      this.find('.count').textContent = `${error.message}.`;
    }
    input.value = '';
  }
}

/** The drawings in the text of a file that `save` wrote; an Error, a sentence, for any other. */
function drawingsOf(text) {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error('This file is no JSON');
  }
  if (found?.format !== FORMAT || found.version !== 1 || !Array.isArray(found.drawings)) {
    throw new Error('This file holds no drawings of this page');
  }
  if (found.drawings.length > MOST) throw new Error(`This file holds more than ${MOST} drawings`);
  return found.drawings.map((drawing) => {
    const isPlace = (at) => Number.isFinite(at) && Math.abs(at) < FAR;
    const isPoint = (point) => Array.isArray(point) && point.length === 2 && point.every(isPlace);
    const isStroke = (stroke) => Array.isArray(stroke) && stroke.length && stroke.every(isPoint);
    const { label, drawn, strokes } = drawing ?? {};
    const isDigit = Number.isInteger(label) && label >= 0 && label <= 9;
    if (!isDigit || !Array.isArray(strokes) || !strokes.length || !strokes.every(isStroke)) {
      throw new Error('This file is damaged: a drawing lacks its digit or its strokes');
    }
    return { label, drawn: String(drawn), strokes };
  });
}
