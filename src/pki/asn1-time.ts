/**
 * Reads the text of a UTCTime or a GeneralizedTime.
 *
 * @param text the characters of the value
 * @param short true for UTCTime, whose years are 1950 to 2049 (RFC 5280 §4.1.2.5.1)
 * @param strict accepts only the form with seconds, without fraction, with `Z`
 * @returns milliseconds since 1970, or undefined when it is none
 */
export function readTimeText(text: string, short: boolean, strict: boolean): number | undefined {
  const yearDigits = short ? 2 : 4;
  const match = (strict ? strictForm : wideForm)[short ? 'utc' : 'generalized'].exec(text);
  if (match === null || text.length > maxTimeCharacters) return undefined;
  const digits = match[1]!;
  const number = (at: number): number => Number(digits.slice(at, at + 2));
  const year = short ? centuryOf(number(0)) : Number(digits.slice(0, 4));
  const fields = [
    number(yearDigits),
    number(yearDigits + 2),
    number(yearDigits + 4),
    number(yearDigits + 6),
  ] as const;
  const seconds = digits.length > yearDigits + 8 ? number(yearDigits + 8) : 0;
  const ms = momentOf(year, fields, seconds);
  return ms === undefined ? undefined : ms + fractionOf(match[2]) - offsetOf(match[3]);
}

const maxTimeCharacters = 40;

const strictForm = {
  utc: /^(\d{12})()(Z)$/,
  generalized: /^(\d{14})()(Z)$/,
} as const;

const wideForm = {
  utc: /^(\d{10}(?:\d\d)?)()(Z|[+-]\d{4})$/,
  generalized: /^(\d{12}(?:\d\d)?)((?:[.,]\d{1,9})?)(Z|[+-]\d{4})$/,
} as const;

function centuryOf(year: number): number {
  return year >= 50 ? 1900 + year : 2000 + year;
}

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
/** The Gregorian calendar repeats itself. */
const calendarYears = 400;
const calendarMs = 146_097 * 86_400_000;

function momentOf(
  year: number,
  [month, day, hour, minute]: readonly [number, number, number, number],
  seconds: number,
): number | undefined {
  if (hour > 23 || minute > 59 || seconds > 59 || day < 1 || day > (monthDays[month - 1] ?? 0))
    return undefined;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (month === 2 && day === 29 && !isLeap) return undefined;
  // The built-in function takes the years 0 to 99 for years of the last century.
  if (year < 100) return Date.UTC(year + calendarYears, month - 1, day, hour, minute, seconds) - calendarMs;
  return Date.UTC(year, month - 1, day, hour, minute, seconds);
}

function fractionOf(text: string | undefined): number {
  return text ? Math.floor(Number(`0.${text.slice(1)}`) * 1000) : 0;
}

function offsetOf(text: string | undefined): number {
  if (text === undefined || text === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(3, 5));
  return (text.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** Two digits. */
function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}

/**
 * Gives the text of a moment, whole seconds, as RFC 5280 §4.1.2.5 asks: UTCTime from 1950 to 2049, else GeneralizedTime.
 *
 * @param ms milliseconds since 1970, years 0 to 9999
 */
export function formatTimeText(ms: number): { readonly text: string; readonly short: boolean } {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  const rest =
    pad(date.getUTCMonth() + 1) +
    pad(date.getUTCDate()) +
    pad(date.getUTCHours()) +
    pad(date.getUTCMinutes()) +
    pad(date.getUTCSeconds());
  const short = year >= 1950 && year < 2050;
  return { text: `${short ? pad(year % 100) : pad(year, 4)}${rest}Z`, short };
}
