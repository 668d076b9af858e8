/**
 * Gives the processor time that this process has used, in ms. Bounds on hostile input are in this time, so that a busy
 * machine does not fail them.
 */
export function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
