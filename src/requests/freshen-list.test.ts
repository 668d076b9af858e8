import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainMessage } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { processMessageHandler } from '../pipeline/process-message.ts';

const to = 'board@example.org';
const from = 'ann@example.net';
let nowMs: number;
let made: QuietSite;
let source: string;

const config = (...lines: readonly string[]) =>
  made.write(
    'expl/board/config',
    ['owner', 'email ann@example.org', '', 'send public', '', ...lines, ''].join('\n'),
  );

beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 24, 12);
  made = await makeQuietSite({ now: () => nowMs });
  await made.lists.create({ name: 'board', owners: ['ann@example.org'] });
  source = join(made.site.explDir, 'staff.txt');
  writeFileSync(source, 'a@example.net\n');
});
afterEach(() => made.dispose());

let sent = 0;
async function recipients(): Promise<readonly string[]> {
  const messageId = `post-${++sent}@example.net`;
  const id = await made.take(plainMessage({ from, to, messageId }, 'Hello'), to);
  await made.run('pipeline', 'process-message', processMessageHandler(made.parts));
  const [distribution] = await made.store.distributions.ofMessage(id);
  return (await made.store.deliveries.ofDistribution(distribution!.id)).map(({ address }) => address);
}

describe('a post to a list with data sources', () => {
  it('goes to those whom they name at that time, where the last answer is older than distribution_ttl', async () => {
    config(`include_file ${source}`, '', 'distribution_ttl 60');
    expect(await recipients()).toEqual(['a@example.net']);
    writeFileSync(source, 'a@example.net\nb@example.net\n');
    nowMs += 59_000;
    expect(await recipients()).toEqual(['a@example.net']);
    nowMs += 1_000;
    expect(await recipients()).toEqual(['a@example.net', 'b@example.net']);
  });

  it('goes out whatever they say', async () => {
    config(`include_file ${source}`, '', 'distribution_ttl 60');
    await recipients();
    rmSync(source);
    nowMs += 60_000;
    expect(await recipients()).toEqual(['a@example.net']);
    await made.store.locks.acquire(`sync ${to}`, 'another node', 600_000);
    nowMs += 60_000;
    expect(await recipients()).toEqual(['a@example.net']);
  });

  it('waits for none of them without distribution_ttl', async () => {
    config(`include_file ${source}`);
    expect(await recipients()).toEqual([]);
  });
});
