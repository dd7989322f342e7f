// The page: who hears of what.

import { argmax } from './arrays.js';
import { gradientOf, openCnn, readCnn, saliencyOf } from './cnn.js';
import { Game } from './game.js';
import { generate, openGenerator } from './generator.js';
import { Inside } from './inside.js';
import { Kept } from './kept.js';
import { openMlp, readMlp } from './mlp.js';
import { Pad } from './pad.js';
import { rasterize } from './raster.js';
import { Reading } from './reading.js';
import { Writing } from './writing.js';

const find = (selector) => document.querySelector(selector);
const packed = JSON.parse(find('#networks').textContent);
const cnn = openCnn(packed.cnn);
const mlp = openMlp(packed.mlp);
let opened; // the generator, unpacked when it is first asked for
const generator = () => (opened ??= openGenerator(packed.generator));
const reading = new Reading(find('#reading'), { cnn: 'CNN', mlp: 'NumPy network' });
const still = matchMedia('(prefers-reduced-motion: reduce)');
let [waiting, settled, looking, mode] = [0, true, false, 'read'];

const pad = new Pad(find('#pad'), (isSettled) => {
  settled = isSettled;
  if (settled) update();
  else waiting ||= requestAnimationFrame(update);
});

const kept = new Kept(find('.kept'), (strokes) => pad.replay(strokes));
const inside = new Inside(find('#inside'), cnn);
const writing = new Writing(find('#writing'), generator, (pixels) => {
  const { cnn: one, mlp: other } = readBoth(pixels);
  return `The CNN reads ${argmax(one)}, the NumPy network ${argmax(other)}.`;
});
const game = new Game(find('#game'), {
  clear: () => pad.replay([]),
  keep: (label, strokes) => kept.keep(label, strokes),
});

function readBoth(pixels, seen = readCnn(cnn, pixels)) {
  return { cnn: seen.probabilities, mlp: readMlp(mlp, pixels) };
}

function update() {
  cancelAnimationFrame(waiting);
  waiting = 0;
  const image = pad.image;
  const drawn = pad.strokes.length > 0;
  const seen = drawn || mode === 'inside' ? readCnn(cnn, image) : undefined;
  if (mode === 'inside') inside.show(image, seen);
  const answers = drawn ? readBoth(image, seen) : {};
  const heat = looking && drawn && settled ? saliencyOf(cnn, image) : undefined;
  reading.show(image, answers, settled, heat);
  game.hear(settled && pad.pointer === null, pad.strokes, image, answers);
}

function writeOne() {
  const digit = Math.floor(10 * Math.random());
  const forms = packed.examples[digit];
  pad.write(forms[Math.floor(forms.length * Math.random())], still.matches);
}

find('#undo').onclick = () => pad.undo();
find('#clear').onclick = () => pad.replay([]);
find('#example').onclick = writeOne;
find('#look').onclick = () => {
  looking = !looking;
  find('#look').ariaPressed = looking;
  update();
};
for (const pen of document.querySelectorAll('.pens input')) {
  pen.onchange = () => pad.setWidth(+pen.value);
}
for (let digit = 0; digit < 10; digit++) {
  const button = document.createElement('button');
  [button.type, button.textContent, button.title] = [
    'button',
    digit,
    `Keep it, and start anew (${digit})`,
  ];
  button.onclick = () => {
    if (!pad.strokes.length) return;
    kept.keep(digit, pad.strokes);
    pad.replay([]);
  };
  find('.kept .digits').append(button);
}

const tabs = [...document.querySelectorAll('[role="tab"]')];
function openTab(tab) {
  if (mode === 'play') game.stop();
  mode = tab.id.replace('tab-', '');
  find('main').dataset.mode = mode;
  for (const other of tabs) {
    other.ariaSelected = other === tab;
    other.tabIndex = other === tab ? 0 : -1;
    find(`#${other.getAttribute('aria-controls')}`).hidden = other !== tab;
  }
  if (mode === 'write') writing.show();
  else update();
}
tabs.forEach((tab, i) => {
  tab.onclick = () => openTab(tab);
  tab.onkeydown = (event) => {
    const to = { ArrowRight: i + 1, ArrowLeft: i + tabs.length - 1, Home: 0, End: tabs.length - 1 };
    if (!(event.key in to)) return;
    event.preventDefault();
    const next = tabs[to[event.key] % tabs.length];
    openTab(next);
    next.focus();
  };
});

const KEYS = { u: '#undo', c: '#clear', q: '#clear', e: '#example', l: '#look' };
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const digit = /^[0-9]$/.test(event.key) && find('.kept .digits').children[event.key];
  const button = digit || find(KEYS[event.key.toLowerCase()] ?? 'none');
  if (button?.offsetParent) button.click(); // what is not to be seen has no key
});

// A published page knows its project: owner.github.io/project is made from github.com/owner/project.
const [owner, isPages] = location.hostname.split('.github.io');
if (isPages === '') {
  find('#home').href = `https://github.com/${owner}/${location.pathname.split('/')[1]}`;
  [find('#home').hidden, find('#lab').hidden] = [false, true];
}

// For the console, and for tests: the same functions that the page uses.
window.digitLab = {
  pad,
  rasterize,
  read: readBoth,
  layers: (pixels) => readCnn(cnn, pixels).steps.map((step) => Array.from(step.values)),
  gradient: (pixels, digit) => Array.from(gradientOf(cnn, readCnn(cnn, pixels), digit)),
  draw: (latents, digit) => Array.from(generate(generator(), latents, digit)),
};
pad.replay([]);
if (!still.matches) setTimeout(() => pad.shown === 1 && writeOne(), 600);
