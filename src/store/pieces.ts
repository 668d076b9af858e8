/** SQLite takes at most 32,766 values in one statement; no row that is written in pieces has more than twelve. */
const rowsPerStatement = 1_000;

/** Cuts rows into pieces that one statement takes. */
export function* pieces<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < rows.length; i += rowsPerStatement) yield rows.slice(i, i + rowsPerStatement);
}
