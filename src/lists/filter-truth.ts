/**
 * Tells whether a value of a database counts as true.
 *
 * @returns false for null, the empty text, zero in any form, and false
 */
export function isTruth(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return false;
  if (value instanceof Uint8Array) return value.length > 0;
  const text = String(value).trim().toLowerCase();
  return text !== '' && text !== 'false' && !/^[-+]?0+(?:\.0*)?(?:e[-+]?\d+)?$/.test(text);
}
