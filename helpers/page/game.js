// Ten digits against the clock.

import { argmax } from './arrays.js';
import { pictureOf } from './pixels.js';
import { percent, withArticle } from './reading.js';

const SECONDS = 60;
const PAUSE = 700; // milliseconds after the pen is lifted: a 4 has two strokes

export class Game {
  /** `clear()` empties the pad; `keep(label, strokes)` keeps a drawing. */
  constructor(root, { clear, keep }) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    Object.assign(this, { clear, wanted: [], drawn: [], timer: 0, clock: 0 });
    this.find('.start').onclick = () => this.start();
    this.find('.keep').onclick = () => {
      for (const { wanted, strokes } of this.drawn) keep(wanted, strokes);
      this.find('.keep').disabled = true;
    };
  }

  get isOn() {
    return this.root.dataset.stage === 'on';
  }

  start() {
    this.drawn = [];
    this.wanted = shuffled([...Array(10).keys()]);
    this.began = performance.now();
    this.root.dataset.stage = 'on';
    this.find('.start').textContent = 'Start again';
    clearInterval(this.clock);
    this.clock = setInterval(() => this.tick(), 100);
    this.ask();
  }

  stop() {
    clearTimeout(this.timer);
    clearInterval(this.clock);
    if (this.isOn) this.root.dataset.stage = 'off'; // what a game gave stays to be kept
  }

  ask() {
    const digit = this.wanted[this.drawn.length];
    this.find('.task').textContent = `Draw ${withArticle(digit)}`;
    this.find('.wanted').textContent = digit;
    this.find('.done').replaceChildren(...this.drawn.map((one) => mark(one)));
    this.tick();
    this.clear();
  }

  tick() {
    const left = SECONDS - (performance.now() - this.began) / 1000;
    this.find('.clock').textContent = Math.max(0, left).toFixed(1);
    this.find('.time u').style.width = `${Math.max(0, (100 * left) / SECONDS)}%`;
    if (left <= 0) this.finish();
  }

  /** Hears of every reading; a digit counts when the pen has been up for a moment. */
  hear(settled, strokes, image, answers) {
    clearTimeout(this.timer);
    if (!this.isOn || !settled || !strokes.length) return;
    this.timer = setTimeout(() => {
      const wanted = this.wanted[this.drawn.length];
      this.drawn.push({ wanted, strokes: structuredClone(strokes), image, answers });
      if (this.drawn.length === this.wanted.length) this.finish();
      else this.ask();
    }, PAUSE);
  }

  finish() {
    const seconds = Math.min(SECONDS, (performance.now() - this.began) / 1000);
    this.stop();
    this.root.dataset.stage = 'over';
    const right = (name) => this.drawn.filter((one) => isRight(one, name)).length;
    const count = this.drawn.length;
    this.find('.score').textContent = `${right('cnn')} of ${count}`;
    this.find('.summary').textContent =
      `read right by the CNN, ${right('mlp')} by the NumPy network, ` +
      (count < 10
        ? `before the ${SECONDS} seconds were over.`
        : `in ${seconds.toFixed(1)} seconds.`);
    const missed = this.drawn.filter((one) => !isRight(one, 'cnn') || !isRight(one, 'mlp'));
    this.find('.missed').replaceChildren(...missed.map(describe));
    this.find('.none').hidden = missed.length > 0 || count === 0;
    this.find('.keep').disabled = count === 0;
    this.clear();
    this.find('.start').focus();
  }
}

function isRight({ wanted, answers }, name) {
  return argmax(answers[name]) === wanted;
}

function mark(one) {
  const dot = document.createElement('li');
  dot.className = isRight(one, 'cnn') ? 'right' : 'wrong';
  dot.textContent = one.wanted;
  return dot;
}

/** A drawing that was misread, and by whom. */
function describe(one) {
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  const read = ['cnn', 'mlp']
    .filter((name) => !isRight(one, name))
    .map((name) => {
      const digit = argmax(one.answers[name]);
      const who = { cnn: 'CNN', mlp: 'NumPy network' }[name];
      return `${who}: ${digit} (${percent(one.answers[name][digit], 1)})`;
    });
  caption.append(
    `meant: ${one.wanted}`,
    ...read.flatMap((line) => [document.createElement('br'), line]),
  );
  figure.append(pictureOf(one.image, `A drawing meant as ${withArticle(one.wanted)}`), caption);
  return figure;
}

function shuffled(items) {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor((i + 1) * Math.random());
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}
