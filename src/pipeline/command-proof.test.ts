import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestIdentity } from '../../test/kit/ca.ts';
import { encrypted, message, plainMessage, signed, textEntity } from '../../test/kit/mail.ts';
import { makeQuietSite, type QuietSite } from '../../test/kit/quiet-site.ts';
import type { CommandScript } from '../commands/command-script.ts';
import { readReceivedMessage } from '../message/received-message.ts';
import { type CommandProof, proofOf } from './command-proof.ts';
import type { OpenedPost } from './post.ts';

const nowMs = Date.now();
const dayMs = 86_400_000;
const from = 'ann@example.org';
const here = 'sympa@example.org';

let made: QuietSite;
let ann: TestIdentity;
let eve: TestIdentity;
let board: TestIdentity;

beforeAll(async () => {
  made = await makeQuietSite({ now: () => nowMs });
  await made.lists.create({ name: 'board', owners: [from] });
  board = made.listKey('board');
  ann = made.ca.issue({ address: from });
  eve = made.ca.issue({ address: 'eve@example.org' });
});
afterAll(() => made.dispose());

/** Opens a message as the pipeline does. */
async function postOf(raw: Uint8Array): Promise<OpenedPost> {
  const list = await made.lists.get('board@example.org');
  return {
    kind: 'command',
    message: readReceivedMessage({
      id: 'm',
      recipient: here,
      envelopeSender: from,
      raw,
      receivedAtMs: nowMs,
    }),
    robot: list.robot,
    list,
    clearance: 'none',
    ...(await made.parts.opener.open(raw, list)),
  };
}

type Signers = OpenedPost['opened']['signers'];

async function judge(
  raw: Uint8Array,
  source: CommandScript['source'] = 'body',
  change: (signers: Signers) => Signers = (signers) => signers,
): Promise<CommandProof> {
  const post = await postOf(raw);
  const opened = { ...post.opened, signers: change(post.opened.signers) };
  return proofOf({ ...post, opened }, { source, commands: [] }, made.parts);
}

const mail = (entity: Uint8Array) => message({ from, to: here }, entity);

/** An entity that protects header fields, RFC 9788. */
function withHeader(to: string | undefined, inner = from): Uint8Array {
  const lines = [
    'Content-Type: text/plain; hp="clear"',
    `From: ${inner}`,
    ...(to === undefined ? [] : [`To: ${to}`]),
    'Subject: which',
    '',
    'which',
    '',
  ];
  return new Uint8Array(Buffer.from(lines.join('\r\n')));
}

describe('what proves the sender of commands', () => {
  const proofs = {
    unsigned: () => plainMessage({ from, to: here }, 'which\n'),
    'signed by another': () => mail(signed(textEntity('which\n'), eve)),
    'signed by the sender': () => mail(signed(textEntity('which\n'), ann)),
    'signed, opaque': () => mail(signed(textEntity('which\n'), ann, { opaque: true })),
    'signed with a protected header without To': () => mail(signed(withHeader(undefined), ann)),
    'signed with a protected To of this address': () => mail(signed(withHeader(`x@y.org, <${here}>`), ann)),
    'signed with a protected To of a group with this address': () =>
      mail(signed(withHeader(`service: ${here};`), ann)),
    'signed with a protected To of another': () => mail(signed(withHeader('boss@example.org'), ann)),
    'signed with a protected To that nobody reads': () =>
      mail(signed(withHeader('a@b.c,'.repeat(20_001)), ann)),
    'unsigned with a protected To of this address': () => mail(withHeader(here)),
    'signed by another with a protected To of this address': () => mail(signed(withHeader(here), eve)),
    'signed of yesterday': () => mail(signed(textEntity('which\n'), ann, { atMs: nowMs - dayMs })),
    'signed of last week': () => mail(signed(textEntity('which\n'), ann, { atMs: nowMs - 8 * dayMs })),
    'signed a minute ahead': () => mail(signed(textEntity('which\n'), ann, { atMs: nowMs + 60_000 })),
    'signed an hour ahead': () => mail(signed(textEntity('which\n'), ann, { atMs: nowMs + 3_600_000 })),
    'encrypted, unsigned': () => mail(encrypted(textEntity('which\n'), board.certificate)),
    'encrypted, signed inside': () => mail(encrypted(signed(textEntity('which\n'), ann), board.certificate)),
    'encrypted, signed inside by another': () =>
      mail(encrypted(signed(textEntity('which\n'), eve), board.certificate)),
    'encrypted, with a protected From of another': () =>
      mail(encrypted(withHeader(here, 'eve@example.org'), board.certificate)),
  } as const;

  const table: readonly (readonly [keyof typeof proofs, body: string, subject: string])[] = [
    ['unsigned', 'smtp', 'smtp'],
    ['signed by another', 'smtp', 'smtp'],
    ['signed by the sender', 'smime', 'smtp'],
    ['signed, opaque', 'smime', 'smtp'],
    ['signed with a protected header without To', 'smime', 'smtp'],
    ['signed with a protected To of this address', 'smime', 'smime'],
    ['signed with a protected To of a group with this address', 'smime', 'smime'],
    ['signed with a protected To of another', 'signed-for-another', 'smtp'],
    ['signed with a protected To that nobody reads', 'signed-for-another', 'smtp'],
    ['unsigned with a protected To of this address', 'smtp', 'smtp'],
    ['signed by another with a protected To of this address', 'smtp', 'smtp'],
    ['signed of yesterday', 'smime', 'smtp'],
    ['signed of last week', 'signing-time-off', 'smtp'],
    ['signed a minute ahead', 'smime', 'smtp'],
    ['signed an hour ahead', 'signing-time-off', 'smtp'],
    ['encrypted, unsigned', 'smtp', 'smtp'],
    ['encrypted, signed inside', 'smime', 'smtp'],
    ['encrypted, signed inside by another', 'sealed-by-another', 'sealed-by-another'],
    ['encrypted, with a protected From of another', 'sealed-by-another', 'sealed-by-another'],
  ];

  it.each(table)('%s: %s for the body, %s for Subject and address', async (kind, body, subject) => {
    const raw = proofs[kind]();
    expect(verdictOf(await judge(raw))).toBe(body);
    for (const source of ['subject', 'address'] as const)
      expect(verdictOf(await judge(raw, source))).toBe(subject);
  });

  it('a signature is named only where it counts', async () => {
    expect(await judge(proofs.unsigned())).toMatchObject({ signatures: [] });
    expect(await judge(proofs['signed by the sender'](), 'subject')).toMatchObject({ signatures: [] });
  });
});

describe('the name of a signature', () => {
  const signaturesOf = async (raw: Uint8Array) => {
    const proof = await judge(raw);
    return proof.status === 'proved' ? proof.signatures : [];
  };

  it('is the same in whatever wrapping, and another for another text, moment or key', async () => {
    const at = { atMs: nowMs - 5_000 };
    const entity = signed(textEntity('which\n'), ann, at);
    const [name] = await signaturesOf(mail(entity));
    expect(name).toMatch(/^[0-9a-f]{64}$/);
    expect(await signaturesOf(mail(encrypted(entity, board.certificate)))).toEqual([name]);
    const others = [
      signed(textEntity('lists\n'), ann, at),
      signed(textEntity('which\n'), ann, { atMs: nowMs }),
      signed(textEntity('which\n'), made.ca.issue({ address: from, fresh: true }), at),
    ];
    const names = (await Promise.all(others.map((one) => signaturesOf(mail(one))))).flat();
    expect(new Set([name, ...names]).size).toBe(4);
  });

  it('is that of the key: a second certificate of it makes no new signature', async () => {
    const renewed = made.ca.issue({ address: from, keys: ann, serialNumber: 4_711 });
    const raw = mail(signed(textEntity('which\n'), ann));
    const [name] = await signaturesOf(raw);
    const other = await judge(raw, 'body', (signers) =>
      signers.map((one) => ({ ...one, certificate: renewed.certificate })),
    );
    expect(other).toMatchObject({ signatures: [name] });
  });

  it('is one of several where several signed: leaving one out gives nobody an unused one', async () => {
    const second = made.ca.issue({ address: from, fresh: true });
    const [one, two] = await Promise.all(
      [ann, second].map((pair) => postOf(mail(signed(textEntity('which\n'), pair)))),
    );
    const both = await judge(two!.message.raw, 'body', (signers) => [...one!.opened.signers, ...signers]);
    const names = [...(await signaturesOf(one!.message.raw)), ...(await signaturesOf(two!.message.raw))];
    expect(new Set(names).size).toBe(2);
    expect(both).toMatchObject({ signatures: names });
  });
});

function verdictOf(proof: CommandProof): string {
  return proof.status === 'proved' ? proof.method : proof.code;
}
