import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyBytes, parseEntity } from '../../../src/mime/entity.ts';
import { encrypted, message, plainMessage, signed, textEntity } from '../../kit/mail.ts';
import { decryptMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

const from = 'alice@example.org';
const footer = 'You read this as a subscriber.';

describe('story 14: a footer stands only where it breaks no signature', () => {
  let site: TestSite;
  // One certificate: another of the same person would be asked about by mail.
  let alice: ReturnType<TestSite['ca']['issue']>;
  beforeAll(async () => {
    site = await TestSite.make();
    for (const mode of ['append', 'mime']) {
      await site.list(mode, [from], [`footer_type ${mode}`, 'unsigned_encrypted accept']);
      writeFileSync(join(site.listDir(mode), 'message_footer'), `${footer}\n`);
    }
    alice = site.ca.issue({ address: from, use: 'both', algorithm: 'rsa-2048' });
    await site.start();
  });
  afterAll(() => site.dispose());

  async function arrived(raw: Uint8Array, list: string): Promise<Uint8Array> {
    site.sink.clear();
    await site.post(raw, { from, to: `${list}@lists.example.org` });
    return (await site.sink.waitForRecipients([from]))[0]!.data;
  }

  it.each(['append', 'mime'])('is added to plain text (%s)', async (list) => {
    const copy = Buffer.from(
      await arrived(plainMessage({ from, to: `${list}@lists.example.org` }, 'Hello\r\n'), list),
    ).toString();
    expect(copy).toContain('Hello');
    expect(copy).toContain(footer);
    expect(parseEntity(Buffer.from(copy)).contentType.type).toBe(
      list === 'append' ? 'text/plain' : 'multipart/mixed',
    );
  });

  it.each([
    'append',
    'mime',
  ])('is not added to a signed post, clear or opaque, valid or not (%s)', async (list) => {
    const stranger = site.otherCa().issue({ address: from, use: 'both', algorithm: 'ec-p256' });
    for (const signer of [alice, stranger])
      for (const opaque of [false, true]) {
        const raw = message(
          { from, to: `${list}@lists.example.org` },
          signed(textEntity('Hello\r\n'), signer, { opaque }),
        );
        const copy = await arrived(raw, list);
        expect(Buffer.from(bodyBytes(parseEntity(copy)))).toEqual(Buffer.from(bodyBytes(parseEntity(raw))));
      }
  });

  it('is not added inside an encrypted post', async () => {
    const list = site.listKey('mime');
    await site.importCertificate(from, alice.certificatePem);
    const inner = textEntity('Hello\r\n');
    const copy = await arrived(
      message({ from, to: 'mime@lists.example.org' }, encrypted(inner, list.certificate)),
      'mime',
    );
    expect(Buffer.from(decryptMessage(copy, alice))).toEqual(Buffer.from(inner));
  });
});
