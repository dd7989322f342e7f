// What all the networks of this page need: numbers as NumPy rounds them, and packed weights.

/** Rounds to the nearest whole number, a half to the even one, as NumPy and PyTorch do. */
export function roundHalfToEven(x) {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

export function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** Probabilities for logits; the largest counts as exp(0), so that nothing overflows. */
export function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (z) => Math.exp(z - largest));
  const total = powers.reduce((sum, power) => sum + power);
  return powers.map((power) => power / total);
}

/** Adds `factor * weight[from…]` to `sums[at…]`, `n` numbers: what every layer is made of. */
export function addScaled(sums, at, weight, from, n, factor) {
  let i = 0;
  for (; i + 3 < n; i += 4) {
    sums[at + i] += factor * weight[from + i]; // four in a row take half the time
    sums[at + i + 1] += factor * weight[from + i + 1];
    sums[at + i + 2] += factor * weight[from + i + 2];
    sums[at + i + 3] += factor * weight[from + i + 3];
  }
  for (; i < n; i++) sums[at + i] += factor * weight[from + i];
}

/** The sum of `a[at…] * b[from…]`, `n` products. */
export function dot(a, at, b, from, n) {
  let [one, two, three, four, i] = [0, 0, 0, 0, 0];
  for (; i + 3 < n; i += 4) {
    one += a[at + i] * b[from + i];
    two += a[at + i + 1] * b[from + i + 1];
    three += a[at + i + 2] * b[from + i + 2];
    four += a[at + i + 3] * b[from + i + 3];
  }
  for (; i < n; i++) one += a[at + i] * b[from + i];
  return one + two + three + four;
}

/** Each channel times its scale, plus its offset, and what is negative set to 0 (ReLU). */
export function normaliseAndCut({ scale, offset }, sums) {
  const values = new Float64Array(sums.length);
  for (let at = 0; at < sums.length; at += scale.length) {
    for (let i = 0; i < scale.length; i++) {
      values[at + i] = Math.max(0, sums[at + i] * scale[i] + offset[i]);
    }
  }
  return values;
}

/** Pixels 0..255 as numbers 0..1. */
export function shares(pixels) {
  return new Float64Array(pixels).map((pixel) => pixel / 255);
}

const POWERS = new Float64Array(32).map((_, i) => 2 ** (i - 15));

function halfToNumber(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  const size = exponent ? POWERS[exponent] * (1 + fraction) : POWERS[1] * fraction;
  return bits & 0x8000 ? -size : size;
}

function decodeBytes(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes.buffer;
}

/** The numbers of an array that `weights.py` packed: of 16 bits (`half`) or of 32 (`single`). */
export function unpack(packed) {
  if ('single' in packed) return new Float32Array(decodeBytes(packed.single));
  const halves = new Uint16Array(decodeBytes(packed.half));
  const numbers = new Float64Array(halves.length); // a sum of doubles is quicker, too
  for (let i = 0; i < halves.length; i++) numbers[i] = halfToNumber(halves[i]);
  return numbers;
}

/** The same layers with their packed arrays as numbers. */
export function unpackLayers(layers) {
  const isPacked = (value) => typeof value === 'object';
  return layers.map((layer) =>
    Object.fromEntries(
      Object.entries(layer).map(([name, value]) => [name, isPacked(value) ? unpack(value) : value]),
    ),
  );
}
