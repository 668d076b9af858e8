import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEntity } from '../../../src/mime/entity.ts';
import { findField } from '../../../src/mime/header.ts';
import { encrypted, message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { decryptMessage, verifyMessage } from '../../kit/openssl-mail.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../kit/postgres.ts';
import { TestSite } from '../../kit/site.ts';

const people = ['alice@example.org', 'bob@example.net', 'carol@example.com'] as const;
const to = 'board@lists.example.org';

describe.skipIf(!hasPostgres())('story 20: a site whose database is on a PostgreSQL server', () => {
  let server: TestPostgres;
  let database: string;
  let site: TestSite;
  let list: TestIdentity;
  const keys = new Map<string, TestIdentity>();
  beforeAll(async () => {
    server = await startPostgres();
    database = await server.url();
    site = await TestSite.make({ database });
    await site.list('board', people);
    list = site.listKey('board');
    for (const address of people) keys.set(address, await site.person(address));
    await site.start();
  });
  afterAll(async () => {
    await site?.dispose();
    await server?.stop();
  });

  const postOf = (text: string): Uint8Array => {
    const inner = signed(textEntity(text), keys.get(people[0])!);
    return message({ from: people[0], to, subject: '...' }, encrypted(inner, list.certificate));
  };
  const post = (raw: Uint8Array): Promise<{ readonly code: number }> =>
    site.post(raw, { from: people[0], to });

  const expectCopies = async (text: string): Promise<void> => {
    for (const copy of await site.sink.waitForRecipients(people)) {
      expect(copy.recipients).toHaveLength(1);
      const opened = decryptMessage(copy.data, keys.get(copy.recipients[0]!)!);
      expect(verifyMessage(opened, { cafile: `${site.dir}/ca.pem` }).content).toContain(text);
      expect(findField(parseEntity(copy.data).header, 'subject')?.body).toBe('...');
    }
  };

  it('gives each subscriber an encrypted post under the key of that subscriber', async () => {
    expect(await post(postOf('The vote is secret.\r\n'))).toMatchObject({ code: 250 });
    await expectCopies('The vote is secret.');
    await site.idle();
    expect(await site.settled()).toBe('distributed');
    expect(await site.outcomes()).toEqual(Object.fromEntries(people.map((address) => [address, 'sent'])));
  });

  it('goes on by itself after every connection to the server was cut', async () => {
    site.sink.clear();
    await server.dropConnections(database);
    const raw = postOf('Still here.\r\n');
    const first = await post(raw);
    // What comes in at the moment of the cut is deferred, and its MTA sends it again.
    if (first.code !== 250) {
      expect(first.code).toBe(451);
      expect(await post(raw)).toMatchObject({ code: 250 });
    }
    await expectCopies('Still here.');
    await site.idle();
    expect(site.sink.messages).toHaveLength(people.length);
  });
});
