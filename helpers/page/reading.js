// What the networks read in a drawing: the digit, how sure, and ten bars each.

import { argmax } from './arrays.js';
import { paint } from './pixels.js';

const UNSURE = 0.95; // below it two digits are named, as in notebook 05
const DIGITS = [...Array(10).keys()];

export class Reading {
  constructor(root, names) {
    this.root = root;
    this.names = names; // what a network is called, by the name of its answer
    this.updates = 0;
    for (const bars of root.querySelectorAll('.bars')) {
      bars.innerHTML = DIGITS.map((d) => `<b>${d}</b><i><u></u></i><span></span>`).join('');
    }
  }

  /** `answers` are probabilities by network, none where nothing is drawn. */
  show(image, answers, settled, heat) {
    const digits = Object.values(answers).map(argmax);
    const differ = digits.some((digit) => digit !== digits[0]);
    const first = Object.values(answers)[0];
    Object.assign(this.root.dataset, {
      seq: ++this.updates,
      digit: first ? digits[0] : '',
      p: first ? first[digits[0]].toFixed(4) : '',
      differ,
      settled,
    });
    paint(this.root.querySelector('.seen canvas'), image, heat);
    for (const reader of this.root.querySelectorAll('.reader')) {
      showReader(reader, answers[reader.dataset.reader]);
    }
    const said = Object.keys(answers).map(
      (name, i) => `the ${this.names[name]} reads ${digits[i]}`,
    );
    this.root.querySelector('.verdict').textContent = differ
      ? `They differ: ${said.join(', ')}.`
      : '';
    if (settled) document.querySelector('#said').textContent = said.join(', ');
  }
}

function showReader(reader, probabilities) {
  const best = probabilities ? argmax(probabilities) : -1;
  reader.querySelector('.digit').textContent = probabilities ? best : '?';
  reader.classList.toggle('none', !probabilities);
  reader.querySelector('.sure').textContent = probabilities ? howSure(probabilities) : '\u00a0';
  const [labels, tracks, shares] = ['b', 'i', 'span'].map((part) =>
    reader.querySelectorAll(`.bars > ${part}`),
  );
  for (const digit of DIGITS) {
    const p = probabilities ? probabilities[digit] : 0;
    tracks[digit].firstChild.style.width = `${100 * p}%`;
    shares[digit].textContent = p >= 0.0005 ? percent(p, 1) : '';
    for (const part of [labels, tracks, shares])
      part[digit].classList.toggle('best', digit === best);
  }
}

/** "99.9% sure", or the two likeliest digits where the network is not. */
function howSure(probabilities) {
  const [first, second] = [...DIGITS].sort((a, b) => probabilities[b] - probabilities[a]);
  if (probabilities[first] >= UNSURE) return `${percent(probabilities[first])} sure`;
  return `${withArticle(first)}, or ${withArticle(second)}?`;
}

export function withArticle(digit) {
  return digit === 8 ? `an ${digit}` : `a ${digit}`;
}

/** With as many decimals as it takes not to be 100 %, at `most`: no network is ever so sure. */
export function percent(p, most = 4) {
  for (let decimals = 1; decimals <= most; decimals++) {
    const text = (100 * p).toFixed(decimals);
    if (!text.startsWith('100')) return `${text}%`;
  }
  return `>99.${'9'.repeat(most)}%`;
}
