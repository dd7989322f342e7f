// The page: who hears of what.

import { gradientOf, openCnn, readCnn, saliencyOf } from './cnn.js';
import { generate, openGenerator } from './generator.js';
import { openMlp, readMlp } from './mlp.js';
import { Pad } from './pad.js';
import { rasterize } from './raster.js';
import { Reading } from './reading.js';

const find = (selector) => document.querySelector(selector);
const packed = JSON.parse(find('#networks').textContent);
const cnn = openCnn(packed.cnn);
const mlp = openMlp(packed.mlp);
const reading = new Reading(find('#reading'), { cnn: 'CNN', mlp: 'NumPy network' });
const still = matchMedia('(prefers-reduced-motion: reduce)');
let [waiting, settled, looking] = [0, true, false];
let opened; // the generator, unpacked when it is first asked
const generator = () => (opened ??= openGenerator(packed.generator));

const pad = new Pad(find('#pad'), (isSettled) => {
  settled = isSettled;
  if (settled) update();
  else waiting ||= requestAnimationFrame(update);
});

function update() {
  cancelAnimationFrame(waiting);
  waiting = 0;
  const image = pad.image;
  const drawn = pad.strokes.length > 0;
  const trace = readCnn(cnn, image);
  const answers = drawn ? { cnn: trace.probabilities, mlp: readMlp(mlp, image) } : {};
  const heat = looking && drawn && settled ? saliencyOf(cnn, image) : undefined;
  reading.show(image, answers, settled, heat);
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
const KEYS = { u: '#undo', c: '#clear', q: '#clear', e: '#example', l: '#look' };
document.addEventListener('keydown', (event) => {
  const button = find(KEYS[event.key.toLowerCase()] ?? 'none');
  if (button && !event.ctrlKey && !event.metaKey && !event.altKey) button.click();
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
  read: (pixels) => ({ cnn: readCnn(cnn, pixels).probabilities, mlp: readMlp(mlp, pixels) }),
  gradient: (pixels, digit) => Array.from(gradientOf(cnn, readCnn(cnn, pixels), digit)),
  draw: (latents, digit) => Array.from(generate(generator(), latents, digit)),
};
pad.replay([]);
if (!still.matches) setTimeout(() => pad.shown === 1 && writeOne(), 600);
