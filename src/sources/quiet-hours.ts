import { SourcesError } from './error.ts';

const rangeForm = /^([01]?\d|2[0-4]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)$/;

/**
 * Tells whether a time lies in one of the ranges, such as `12:00-13:30 22:00-6:00`, by the clock of this machine.
 *
 * @throws SourcesError `source-bad-parameter`
 */
export function isQuiet(ranges: string | undefined, nowMs: number): boolean {
  const now = new Date(nowMs);
  const minute = now.getHours() * 60 + now.getMinutes();
  return (ranges ?? '').split(/[\s,]+/).some((range) => range !== '' && lies(minute, range));
}

function lies(minute: number, range: string): boolean {
  const match = rangeForm.exec(range);
  if (!match)
    throw new SourcesError('source-bad-parameter', 'nosync_time_ranges has not the form HH:MM-HH:MM');
  const [, fromHour, fromMinute, toHour, toMinute] = match.map(Number);
  const from = fromHour! * 60 + fromMinute!;
  const to = toHour! * 60 + toMinute!;
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}
