// The generator: a plane through the space of its latents, to drag about in.

import { normalNumbers } from './cnn.js';
import { generate } from './generator.js';
import { paint, pictureOf } from './pixels.js';

const REACH = 3; // how far the plane goes to each side; latents are normally distributed
const ACROSS = 7; // pictures of the map
const CALM = 0.9; // shrinks the latents: the smaller, the neater (`truncation` in Python)

export class Writing {
  /** `read` tells what the networks make of pixels, as a sentence. */
  constructor(root, open, read) {
    this.find = (selector) => root.querySelector(selector);
    Object.assign(this, { open, read, digit: 4, hand: 0, drawing: 0 });
    this.plane = this.find('.plane');
    this.sliders = root.querySelectorAll('.sliders input');
    for (let digit = 0; digit < 10; digit++) this.find('.digits').append(this.choice(digit));
    for (const slider of this.sliders) slider.oninput = () => this.draw();
    this.find('.hand').onclick = () => this.changeHand();
    this.plane.onpointerdown = (event) => {
      this.plane.setPointerCapture(event.pointerId);
      this.drag(event);
    };
    this.plane.onpointermove = (event) => event.buttons && this.drag(event);
  }

  choice(digit) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = digit;
    button.ariaPressed = digit === this.digit;
    button.onclick = () => {
      this.digit = digit;
      for (const other of button.parentElement.children) other.ariaPressed = other === button;
      this.show();
    };
    return button;
  }

  /** Another plane, through other latents. */
  changeHand() {
    const chance = normalNumbers(++this.hand);
    this.base = Array.from({ length: this.generator.latents }, () => CALM * chance());
    this.show();
  }

  show() {
    this.generator ??= this.open();
    if (!this.base) return this.changeHand();
    this.draw();
    this.drawMap();
  }

  /** The pixels at a place of the plane, -1 to 1 each way. */
  pixelsAt(across, down) {
    const [one, two] = this.generator.directions[this.digit];
    const along = (direction) => this.base.reduce((sum, z, i) => sum + z * direction[i], 0);
    const [right, bottom] = [REACH * across - along(one), REACH * down - along(two)];
    const latents = this.base.map((z, i) => z + right * one[i] + bottom * two[i]);
    return generate(this.generator, latents, this.digit);
  }

  draw() {
    const [across, down] = [...this.sliders].map((slider) => +slider.value);
    const pixels = this.pixelsAt(across, down);
    paint(this.find('.written'), pixels);
    this.find('.said').textContent = this.read(pixels);
    this.find('.handle').style.left = `${50 + 50 * across}%`;
    this.find('.handle').style.top = `${50 + 50 * down}%`;
  }

  drag(event) {
    const box = this.plane.getBoundingClientRect();
    const places = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    places.forEach((place, i) => {
      this.sliders[i].value = 2 * place - 1;
    });
    this.draw();
  }

  /** Draws the pictures of the plane one after the other, so that a drag is never kept waiting. */
  async drawMap() {
    const mine = ++this.drawing;
    const map = this.find('.map');
    for (let i = 0; i < ACROSS * ACROSS; i++) {
      const [across, down] = [i % ACROSS, Math.floor(i / ACROSS)];
      const pixels = this.pixelsAt(...[across, down].map((k) => (2 * k + 1) / ACROSS - 1));
      if (map.children[i]) paint(map.children[i], pixels);
      else map.append(pictureOf(pixels));
      await new Promise((done) => setTimeout(done));
      if (mine !== this.drawing) return;
    }
  }
}
