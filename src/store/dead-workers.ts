import { hostname } from 'node:os';
import { randomToken } from '../secrets.ts';
import type { Store } from './store.ts';

/** Gives the name under which this process claims jobs: host, process, and a mark that no other has. */
export function workerName(): string {
  return `${hostname()} ${process.pid} ${randomToken(6)}`;
}

/**
 * What a process of this host had claimed before it died is free at once, before its lease is over. Claims of processes
 * that live, as of another role on the same database, stay theirs.
 */
export async function releaseClaimsOfTheDead({ jobs }: Pick<Store, 'jobs'>): Promise<void> {
  const own = `${hostname()} `;
  const ours = (await jobs.claimants()).filter((worker) => worker.startsWith(own));
  await jobs.releaseClaimsOf(
    ours.filter((worker) => !isAlive(Number(worker.slice(own.length).split(' ')[0]))),
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
