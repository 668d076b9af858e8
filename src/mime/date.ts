import { withinField } from './header.ts';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** RFC 5322 §4.3; other names say nothing and count as UTC. */
const zoneHours: Readonly<Record<string, number>> = {
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
};

const minuteMs = 60_000;
const maxDateLength = 2000;

/**
 * Writes a date for a Date field, in UTC. RFC 5322 §3.3.
 *
 * @param ms milliseconds since the epoch; years 1900 to 9999.
 */
export function formatDate(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${dayNames[date.getUTCDay()]}, ${two(date.getUTCDate())} ${monthNames[date.getUTCMonth()]}`;
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${day} ${String(date.getUTCFullYear()).padStart(4, '0')} ${time} +0000`;
}

/**
 * Reads the date of a Date field, or of a Received field behind its last semicolon. RFC 5322 §3.3 and §4.3, and what is near to it:
 * numbers for months, `12-Nov-2003`, the order of asctime.
 *
 * @param text field body, folded or not.
 * @returns milliseconds since the epoch; undefined where no date can be made of it.
 */
export function parseDate(text: string): number | undefined {
  if (text.length > maxDateLength) return undefined;
  const body = withoutComments(withinField(text));
  const words = body
    .slice(body.lastIndexOf(';') + 1)
    .split(/[\s,]+/)
    .flatMap(splitDashes)
    .filter((word) => word !== '');
  if (/^[a-z]/i.test(words[0] ?? '') && (monthOf(words[0]) === undefined || monthOf(words[1]) !== undefined))
    words.shift();
  const asctime = monthOf(words[0]) !== undefined && /^[a-z]/i.test(words[0]!);
  const [day, month, year, time, zone] = asctime ? fromAsctime(words) : words;
  return makeDate(numberOf(day, 2), monthOf(month), yearOf(year), timeOf(time), zoneMinutes(zone));
}

function splitDashes(word: string): readonly string[] {
  return /^\d{1,2}-[a-z]{3}-\d{2,4}$/i.test(word) ? word.split('-') : [word];
}

/** `Jun 9 12:34:56 1993`, with or without a zone before or behind the year. */
function fromAsctime(words: readonly string[]): readonly (string | undefined)[] {
  const [month, day, time, third, fourth] = words;
  return /^\d{4}$/.test(third ?? '') ? [day, month, third, time, fourth] : [day, month, fourth, time, third];
}

function withoutComments(text: string): string {
  const pieces: string[] = [];
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index]!;
    if (char === '\\') index++;
    else if (char === '(') depth++;
    else if (char === ')' && depth > 0) {
      depth--;
      pieces.push(' ');
    } else if (depth === 0) pieces.push(char);
  }
  return pieces.join('');
}

function numberOf(word: string | undefined, maxDigits: number): number | undefined {
  return word !== undefined && word.length <= maxDigits && /^\d+$/.test(word) ? Number(word) : undefined;
}

function monthOf(word: string | undefined): number | undefined {
  const index = months.indexOf((word ?? '').slice(0, 3).toLowerCase());
  if (index >= 0) return index;
  const month = numberOf(word, 2);
  return month !== undefined && month >= 1 && month <= 12 ? month - 1 : undefined;
}

/** RFC 5322 §4.3: two digits below 50 are of this century, all others of the last. */
function yearOf(word: string | undefined): number | undefined {
  const year = numberOf(word, 4);
  if (year === undefined || word!.length < 2) return undefined;
  if (word!.length === 2) return year < 50 ? 2000 + year : 1900 + year;
  return word!.length === 3 ? 1900 + year : year;
}

/** Milliseconds of the day. */
function timeOf(word: string | undefined): number | undefined {
  const match = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d{1,9})?)?$/.exec(word ?? '');
  if (!match) return undefined;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  // RFC 5322 §3.3: a leap second is second 60.
  return hour > 23 || minute > 59 || second > 60 ? undefined : (hour * 3600 + minute * 60 + second) * 1000;
}

function zoneMinutes(word: string | undefined): number {
  const match = /^([+-])(\d{1,4})$/.exec(word ?? '');
  if (!match) return (zoneHours[(word ?? '').slice(0, 3).toLowerCase()] ?? 0) * 60;
  const digits = match[2]!.length <= 2 ? match[2]!.padEnd(match[2]!.length + 2, '0') : match[2]!;
  const value = Number(digits);
  return (match[1] === '-' ? -1 : 1) * (Math.trunc(value / 100) * 60 + (value % 100));
}

function makeDate(
  day: number | undefined,
  month: number | undefined,
  year: number | undefined,
  timeMs: number | undefined,
  zone: number,
): number | undefined {
  if (day === undefined || month === undefined || year === undefined || timeMs === undefined)
    return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  return date.getTime() + timeMs - zone * minuteMs;
}
