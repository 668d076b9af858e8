/** Runs once before all tests; the real services are started by the tests that use them. */
export function setup(): void {
  process.env.TZ = 'UTC';
}
