// The pad: ink that follows a mouse, a pen or a finger, and the strokes it leaves.

import { clean, INK_WIDTH, rasterize, smooth, walk } from './raster.js';

const SIDE = 640; // canvas pixels, as in notebook 05
const PEN = 42;
const PACE = 16; // canvas pixels between the points of what writes itself

export class Pad {
  /** `changed(settled)` is called when the drawing changes: with false while the pen moves. */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.changed = changed;
    this.strokes = [];
    this.width = PEN;
    this.pointer = null; // of the pen that is down
    this.shown = 0; // the number of what writes itself; another number stops it
    this.isExample = false;
    canvas.addEventListener('pointerdown', (event) => this.press(event));
    canvas.addEventListener('pointermove', (event) => this.move(event));
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      canvas.addEventListener(end, (event) => this.release(event));
    }
  }

  get image() {
    return rasterize(this.strokes, (INK_WIDTH * this.width) / PEN);
  }

  /** Puts other strokes in the place of what is there. */
  replay(strokes) {
    this.shown++;
    this.pointer = null;
    this.isExample = false;
    this.strokes = clean(strokes);
    this.redraw();
    this.changed(true);
  }

  undo() {
    this.replay(this.strokes.slice(0, -1));
  }

  setWidth(width) {
    this.width = width;
    this.redraw();
    this.changed(!this.pointer);
  }

  /** Writes a digit by itself, until somebody else draws; at once where motion is not wanted. */
  async write(form, atOnce) {
    const curves = form.map((stroke) => walk(smooth(stroke), PACE));
    this.replay(atOnce ? curves : []);
    this.isExample = true;
    const mine = this.shown;
    for (const curve of atOnce ? [] : curves) {
      this.begin(curve[0]);
      for (const point of curve.slice(1)) {
        await new Promise(requestAnimationFrame);
        if (this.shown !== mine) return;
        this.extend(point);
        this.changed(false);
      }
      this.finish();
    }
  }

  redraw() {
    this.context.clearRect(0, 0, SIDE, SIDE);
    for (const stroke of this.strokes) {
      this.dab(stroke[0]);
      if (stroke.length > 1) this.line(smooth(stroke));
    }
    this.canvas.parentElement.classList.toggle('empty', !this.strokes.length);
  }

  press(event) {
    // A second finger does not draw, nor does a palm beside a pen, which is primary, too.
    if (this.pointer !== null || !event.isPrimary || event.button !== 0) return;
    this.shown++;
    if (this.isExample) this.replay([]);
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.begin(this.placeOf(event));
    this.changed(false);
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const each of between.length ? between : [event]) this.extend(this.placeOf(each));
    this.changed(false);
  }

  release(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.finish();
  }

  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    return [SIDE * across, SIDE * down].map((place) => Math.round(10 * place) / 10);
  }

  begin(point) {
    this.strokes.push([point]);
    this.canvas.parentElement.classList.remove('empty');
    this.dab(point);
  }

  extend(point) {
    const stroke = this.strokes[this.strokes.length - 1];
    const last = stroke[stroke.length - 1];
    if (last[0] === point[0] && last[1] === point[1]) return;
    stroke.push(point);
    const end = stroke.slice(-3); // ink follows as far as the curve is settled
    this.line(end.length === 3 ? smooth(end).slice(1, -1) : [last, middleOf(last, point)]);
  }

  finish() {
    const end = this.strokes[this.strokes.length - 1].slice(-2);
    if (end.length === 2) this.line([middleOf(...end), end[1]]);
    this.changed(true);
  }

  dab([x, y]) {
    this.context.fillStyle = '#fff';
    this.context.beginPath();
    this.context.arc(x, y, this.width / 2, 0, 2 * Math.PI);
    this.context.fill();
  }

  line(points) {
    const { context } = this;
    context.strokeStyle = '#fff';
    context.lineWidth = this.width;
    context.lineCap = context.lineJoin = 'round';
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x, y);
    context.stroke();
  }
}

function middleOf(a, b) {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}
