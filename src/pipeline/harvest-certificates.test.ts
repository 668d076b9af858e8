import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestCa } from '../../test/kit/ca.ts';
import { message, signed, textEntity } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import { processMessageHandler } from './process-message.ts';

const from = 'alice@example.org';
const to = 'board@example.org';
const partner = makeTestCa({ name: 'Partner' });
let made: QuietSite;

beforeEach(async () => {
  made = await makeQuietSite({ now: () => Date.now() });
  made.write('partner.pem', partner.pem + made.ca.pem);
  await made.lists.create({
    name: 'board',
    owners: ['ann@example.org'],
    parameters: { cafile: 'partner.pem' },
  });
});
afterEach(() => made.dispose());

describe('the certificate of a signed message', () => {
  it('is kept with a note of whether the anchors of the site accept it, and no transaction reads their files', async () => {
    const pairs = [made.ca, partner].map((ca) => ca.issue({ address: from, algorithm: 'rsa-2048' }));
    for (const pair of pairs) await made.take(message({ from, to }, signed(textEntity('Hello'), pair)), to);
    await made.run('pipeline', 'process-message', processMessageHandler(made.parts));
    const records = await made.store.certificates.ofAddress(from);
    const narrow = new Map(records.map((record) => [record.sha256, record.narrow]));
    expect(pairs.map(({ certificate }) => narrow.get(certificate.sha256))).toEqual([false, true]);
  });
});
