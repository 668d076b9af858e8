/** Lengths of the months in days; February always has 28, as in Sympa. */
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

const daySeconds = 86_400;

/** Digits of one number; larger ones cannot be meant. */
const maxDigits = 10;

/** Units of a duration in the order in which they must stand, with their seconds; years and months are counted apart. */
const durationUnits = ['y', 'm', 'w', 'd', 'h', 'min', 'sec'] as const;
const fixedSeconds = {
  y: 365 * daySeconds,
  w: 7 * daySeconds,
  d: daySeconds,
  h: 3600,
  min: 60,
  sec: 1,
} as const;

const absoluteUnits = ['y', 'm', 'd', 'h', 'min', 'sec'] as const;

/**
 * Reads a date of a scenario or task: seconds since 1970, `execution_date`, `2001y12m4d14h30min10sec` in the time zone
 * of the machine, and each of them with `+` or `-` and a duration such as `1y2m3w4d5h6min7sec`.
 *
 * @param nowMs the time that `execution_date` stands for
 * @returns seconds since 1970, or `undefined` for what is no date
 */
export function parseDateExpression(text: string, nowMs: number): number | undefined {
  const trimmed = text.trim();
  const sign = Math.max(trimmed.indexOf('+'), trimmed.indexOf('-', 1));
  if (sign === -1) return parseBaseDate(trimmed, nowMs);
  const start = parseBaseDate(trimmed.slice(0, sign).trim(), nowMs);
  if (start === undefined) return undefined;
  const duration = parseDuration(trimmed.slice(sign + 1).trim(), start);
  if (duration === undefined) return undefined;
  return trimmed[sign] === '+' ? start + duration : start - duration;
}

/**
 * Reads a duration: a year has 365 days, a month the days of the months from the start on.
 *
 * @param startSeconds the date that it is counted from
 * @returns seconds, or `undefined` for what is no duration
 */
export function parseDuration(text: string, startSeconds: number): number | undefined {
  const parts = parseUnits(text, durationUnits);
  if (!parts) return undefined;
  let seconds = 0;
  for (const unit of durationUnits) {
    if (unit === 'm') continue;
    seconds += (parts.get(unit) ?? 0) * fixedSeconds[unit];
  }
  const months = parts.get('m') ?? 0;
  const first = new Date(startSeconds * 1000).getMonth();
  const wholeYears = Math.floor(months / 12);
  seconds += wholeYears * 365 * daySeconds;
  for (let i = 0; i < months % 12; i++) seconds += monthDays[(first + i) % 12]! * daySeconds;
  return seconds;
}

function parseBaseDate(text: string, nowMs: number): number | undefined {
  if (text === 'execution_date') return Math.floor(nowMs / 1000);
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const parts = parseUnits(text, absoluteUnits);
  const year = parts?.get('y');
  if (!parts || year === undefined) return undefined;
  // Month and day may be left out, and a day 0 is the first.
  const date = new Date(
    year,
    (parts.get('m') || 1) - 1,
    parts.get('d') || 1,
    parts.get('h') ?? 0,
    parts.get('min') ?? 0,
    parts.get('sec') ?? 0,
  );
  const seconds = Math.floor(date.getTime() / 1000);
  return Number.isNaN(seconds) ? undefined : seconds;
}

/** Reads `1y2m…`: each unit at most once, in order, at least one. */
function parseUnits(text: string, units: readonly string[]): ReadonlyMap<string, number> | undefined {
  const parts = new Map<string, number>();
  const pattern = /(\d+)([a-z]+)/y;
  let next = 0;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match || match[1]!.length > maxDigits) return undefined;
    const at = units.indexOf(match[2]!, next);
    if (at === -1) return undefined;
    parts.set(match[2]!, Number(match[1]));
    next = at + 1;
  }
  return parts.size === 0 ? undefined : parts;
}
