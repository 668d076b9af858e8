/** Labels in Unicode, as certificates by the older RFC 8398 have them, in the form of the DNS: RFC 5890, RFC 3492. */

const base = 36;
const tMin = 1;
const tMax = 26;
const skew = 38;
const damp = 700;

const maxLabelCharacters = 63;

/**
 * Gives a label of a domain as an A-label.
 *
 * Nothing is mapped: a label that is not in the form that IDNA asks for (NFKC, lower case, letters, marks and digits) has
 * no A-label, so that no look-alike turns into a name in ASCII.
 *
 * @returns undefined when the label has none; a label in ASCII unchanged
 */
export function toALabel(label: string): string | undefined {
  if (/^[\x00-\x7f]*$/.test(label)) return label;
  const isInForm = label.normalize('NFKC').toLowerCase() === label && /^[\p{L}\p{M}\p{N}-]+$/u.test(label);
  if (!isInForm || label.length > maxLabelCharacters) return undefined;
  const encoded = `xn--${encodePunycode(label)}`;
  return encoded.length <= maxLabelCharacters ? encoded : undefined;
}

// RFC 3492 §6.3.
function encodePunycode(label: string): string {
  const points = [...label].map((character) => character.codePointAt(0)!);
  const basic = points.filter((point) => point < 0x80);
  let output = String.fromCharCode(...basic) + (basic.length > 0 ? '-' : '');
  let handled = basic.length;
  let next = 0x80;
  let delta = 0;
  let bias = 72;
  while (handled < points.length) {
    const lowest = Math.min(...points.filter((point) => point >= next));
    delta += (lowest - next) * (handled + 1);
    next = lowest;
    for (const point of points) {
      if (point < next) delta += 1;
      if (point !== next) continue;
      output += encodeDelta(delta, bias);
      bias = adapt(delta, handled + 1, handled === basic.length);
      delta = 0;
      handled += 1;
    }
    delta += 1;
    next += 1;
  }
  return output;
}

function encodeDelta(delta: number, bias: number): string {
  let output = '';
  let rest = delta;
  for (let k = base; ; k += base) {
    const threshold = Math.min(Math.max(k - bias, tMin), tMax);
    if (rest < threshold) return output + digit(rest);
    output += digit(threshold + ((rest - threshold) % (base - threshold)));
    rest = Math.floor((rest - threshold) / (base - threshold));
  }
}

function digit(value: number): string {
  return String.fromCharCode(value < 26 ? 0x61 + value : 0x30 + value - 26);
}

// RFC 3492 §6.1.
function adapt(delta: number, points: number, isFirst: boolean): number {
  let rest = isFirst ? Math.floor(delta / damp) : Math.floor(delta / 2);
  rest += Math.floor(rest / points);
  let k = 0;
  for (; rest > Math.floor(((base - tMin) * tMax) / 2); k += base) rest = Math.floor(rest / (base - tMin));
  return k + Math.floor(((base - tMin + 1) * rest) / (rest + skew));
}
