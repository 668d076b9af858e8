import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyBytes, parseEntity } from '../../../src/mime/entity.ts';
import { findField, findFields } from '../../../src/mime/header.ts';
import { message, signed, type TestIdentity, textEntity } from '../../kit/mail.ts';
import { verifyMessage } from '../../kit/openssl-mail.ts';
import { TestSite } from '../../kit/site.ts';

describe('story 01: a signed post passes byte for byte', () => {
  let site: TestSite;
  let alice: TestIdentity;
  beforeAll(async () => {
    site = await TestSite.make();
    alice = site.ca.issue({ address: 'alice@example.org', use: 'both', algorithm: 'rsa-2048' });
    await site.list(
      'board',
      ['alice@example.org', 'bob@example.net'],
      ['custom_subject board', 'footer_type mime'],
    );
    await site.start();
  });
  afterAll(() => site.dispose());

  it.each([false, true])('arrives with the body as it was signed (opaque: %s)', async (opaque) => {
    const entity = signed(textEntity('Minutes  \r\nwith trailing blanks \r\n\r\n'), alice, { opaque });
    const raw = message({ from: 'Alice <alice@example.org>', to: 'board@lists.example.org' }, entity);
    site.sink.clear();
    expect(await site.post(raw, { from: 'alice@example.org', to: 'board@lists.example.org' })).toMatchObject({
      code: 250,
    });
    const copies = await site.sink.waitForRecipients(['alice@example.org', 'bob@example.net']);
    for (const copy of copies) {
      const arrived = parseEntity(copy.data);
      expect(Buffer.from(bodyBytes(arrived))).toEqual(Buffer.from(bodyBytes(parseEntity(raw))));
      expect(findField(arrived.header, 'content-type')?.body).toEqual(
        findField(parseEntity(raw).header, 'content-type')?.body,
      );
      expect(findField(arrived.header, 'subject')?.body).toBe('[board] A story');
      expect(findFields(arrived.header, 'list-id').map((field) => field.body)).toEqual([
        '<board.lists.example.org>',
      ]);
      expect(verifyMessage(copy.data, { cafile: `${site.dir}/ca.pem` })).toMatchObject({ ok: true });
    }
  });
});
