import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import type { Clock } from '../clock.ts';
import { silentLog } from '../log.ts';
import { listenerReplies } from '../smtp/reply.ts';
import { IntakeService } from './intake-service.ts';

const day = 86_400_000;
const raw = Buffer.from('From: ann@example.org\r\nSubject: x\r\n\r\nhello\r\n');
const unannounced = { envelopeSender: 'ann@example.org', announcedBytes: undefined };

let made: FolderSite;
let intake: IntakeService;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.parse('2026-11-24T10:00:00Z');
  const clock: Clock = { now: () => nowMs };
  made = await makeFolderSite(['max_size 2000'], clock);
  made.write('expl/plans/config', 'owner\nemail ann@example.org\n');
  made.write('expl/small/config', 'owner\nemail ann@example.org\n\nmax_size 100\n');
  made.write('expl/gone/config', 'owner\nemail ann@example.org\n\nstatus closed\n');
  made.write('expl/broken/config', 'no_such_parameter x\n');
  const { site, lists, store } = made;
  intake = new IntakeService({ site: () => site, lists: () => lists, store, clock, log: silentLog });
});

afterEach(() => made.dispose());

async function deliver(
  recipients: readonly string[],
  bytes: Uint8Array = raw,
  envelopeSender = 'ann@example.org',
): Promise<readonly string[]> {
  const replies = await intake.messageForEach({ envelopeSender, recipients }, bytes);
  return replies.map(({ code, enhanced }) => `${code} ${enhanced}`);
}

async function stored() {
  return made.store.messages.listByState(['incoming'], { limit: 100 });
}

describe('a recipient', () => {
  it.each([
    ['plans@example.org', '250 2.1.5'],
    ['PLANS@Example.ORG', '250 2.1.5'],
    ['plans-request@example.org', '250 2.1.5'],
    ['plans-editor@example.org', '250 2.1.5'],
    ['plans-owner@example.org', '250 2.1.5'],
    ['listmaster@example.org', '250 2.1.5'],
    ['postmaster', '250 2.1.5'],
    ['gone-request@example.org', '250 2.1.5'],
    ['nobody@example.org', '550 5.1.1'],
    ['plans@elsewhere.example', '550 5.1.1'],
    ['sympa@example.org', '250 2.1.5'],
    ['plans-subscribe@example.org', '250 2.1.5'],
    ['../../etc/passwd@example.org', '550 5.1.1'],
    ['"plans x"@example.org', '550 5.1.1'],
    ['gone@example.org', '550 5.7.1'],
    ['broken@example.org', '451 4.3.0'],
  ])('%s is answered %s', async (address, expected) => {
    const { code, enhanced } = await intake.recipient(address, unannounced);
    expect(`${code} ${enhanced}`).toBe(expected);
  });

  it('is refused at once when the announced size is more than its list takes', async () => {
    const mail = { envelopeSender: '', announcedBytes: 101 };
    expect(await intake.recipient('small@example.org', mail)).toEqual(listenerReplies.tooLargeForList);
    expect(await intake.recipient('plans@example.org', mail)).toEqual(listenerReplies.recipientFine);
  });
});

describe('a message', () => {
  it('is stored as received, with its receipt and its job', async () => {
    expect(await deliver(['Plans@EXAMPLE.org'])).toEqual(['250 2.0.0']);
    const [summary] = await stored();
    const message = await made.store.messages.get(summary!.id);
    expect(message).toMatchObject({
      kind: 'post',
      list: 'plans@example.org',
      recipient: 'plans@example.org',
      envelopeSender: 'ann@example.org',
      size: raw.length,
      receivedAt: nowMs,
    });
    expect(Buffer.from(message.raw).equals(raw)).toBe(true);
    expect(await made.store.jobs.find('process-message', message.id)).toMatchObject({ role: 'pipeline' });
  });

  it.each([
    ['plans-request@example.org', 'request', 'plans@example.org'],
    ['plans-editor@example.org', 'editor', 'plans@example.org'],
    ['plans-owner@example.org', 'owner', 'plans@example.org'],
    ['sympa-owner@example.org', 'bounce', ''],
    ['listmaster@other.example', 'listmaster', ''],
    ['postmaster', 'listmaster', ''],
  ])('to %s is of the kind %s', async (address, kind, list) => {
    await deliver([address], raw, '');
    expect(await stored()).toMatchObject([{ kind, list, envelopeSender: '' }]);
  });

  it('to several recipients is stored and answered for each by itself', async () => {
    const recipients = [
      'plans@example.org',
      'small@example.org',
      'gone@example.org',
      'listmaster@example.org',
    ];
    const large = Buffer.concat([raw, Buffer.alloc(200, 'x')]);
    expect(await deliver(recipients, large)).toEqual(['250 2.0.0', '552 5.2.3', '550 5.7.1', '250 2.0.0']);
    expect((await stored()).map(({ recipient }) => recipient).sort()).toEqual([
      'listmaster@example.org',
      'plans@example.org',
    ]);
  });

  it('to several recipients over SMTP is stored for all or for none', async () => {
    const envelope = {
      envelopeSender: 'ann@example.org',
      recipients: ['plans@example.org', 'broken@example.org'],
    };
    expect(await intake.messageForAll(envelope, raw)).toEqual(listenerReplies.ownTrouble);
    expect(await stored()).toEqual([]);
    const both = { ...envelope, recipients: ['plans@example.org', 'plans-request@example.org'] };
    expect(await intake.messageForAll(both, raw)).toEqual(listenerReplies.stored);
    expect(await stored()).toHaveLength(2);
  });

  it('that comes again to the same address within five days is answered 250 and stored once', async () => {
    expect(await deliver(['plans@example.org'])).toEqual(['250 2.0.0']);
    nowMs += 5 * day;
    expect(await deliver(['PLANS@example.org'], raw, 'other@example.org')).toEqual(['250 2.0.0']);
    expect(await stored()).toHaveLength(1);
    expect(await deliver(['plans-request@example.org'])).toEqual(['250 2.0.0']);
    expect(await stored()).toHaveLength(2);
    nowMs += 1;
    expect(await deliver(['plans@example.org'])).toEqual(['250 2.0.0']);
    expect(await stored()).toHaveLength(3);
  });

  it('that comes twice at once is stored once', async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => deliver(['plans@example.org'])));
    expect(new Set(replies.flat())).toEqual(new Set(['250 2.0.0']));
    expect(await stored()).toHaveLength(1);
  });

  it('with a hundred hops is taken, with one more it is a loop', async () => {
    const trace = (hops: number) =>
      Buffer.from(`${'received: from a by b; Tue, 24 Nov 2026 10:00:00 +0000\r\n'.repeat(hops)}\r\n`);
    made.write('expl/far/config', 'owner\nemail ann@example.org\n\nmax_size 100000\n');
    expect(await deliver(['far@example.org'], trace(100))).toEqual(['250 2.0.0']);
    expect(await deliver(['far@example.org'], trace(101))).toEqual(['554 5.4.6']);
    const quoted = Buffer.concat([trace(100), trace(100)]);
    expect(await deliver(['far@example.org'], quoted)).toEqual(['250 2.0.0']);
  });

  it('stays with the peer when the store is gone', async () => {
    const gone = await makeFolderSite();
    await gone.dispose();
    const { store } = gone;
    const { site, lists } = made;
    const clock = { now: () => nowMs };
    const broken = new IntakeService({ site: () => site, lists: () => lists, store, clock, log: silentLog });
    const envelope = { envelopeSender: '', recipients: ['plans@example.org'] };
    expect(await broken.messageForEach(envelope, raw)).toEqual([listenerReplies.ownTrouble]);
  });
});
