/** Orders text by its code units, as every node does, whatever the locale of the database. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
