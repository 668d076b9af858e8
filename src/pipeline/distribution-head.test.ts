import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FolderSite, makeFolderSite } from '../../test/kit/folder-site.ts';
import type { List } from '../lists/list.ts';
import { readReceivedMessage } from '../message/received-message.ts';
import { parseEntity } from '../mime/entity.ts';
import { findFields } from '../mime/header.ts';
import { distributionHead } from './distribution-head.ts';
import type { Post } from './post.ts';

const from = 'From: Alice <alice@example.org>';

describe('the outer header of a distribution', () => {
  let made: FolderSite;
  let base: List;
  beforeAll(async () => {
    made = await makeFolderSite();
    base = await made.lists.create({ name: 'board', owners: ['ann@example.org'] });
  });
  afterAll(() => made.dispose());

  const listWith = (config: Partial<List['config']> = {}): List => ({
    ...base,
    config: { ...base.config, ...config },
  });

  function headOf(
    raw: Uint8Array | readonly string[],
    config: Partial<List['config']> = {},
    more: object = {},
  ): Buffer {
    const bytes =
      raw instanceof Uint8Array ? raw : Buffer.from([...raw, '', 'Hello', ''].join('\r\n'), 'latin1');
    const list = listWith(config);
    const envelope = {
      id: 'm1',
      recipient: list.address,
      envelopeSender: 'alice@example.org',
      receivedAtMs: 0,
    };
    const message = readReceivedMessage({ ...envelope, raw: bytes });
    const post = { kind: 'post', message, robot: list.robot, clearance: 'none', list } as Post;
    const { entity } = message;
    return Buffer.from(
      distributionHead({
        post,
        entity,
        list,
        sequence: 12,
        sealed: false,
        tagSubject: true,
        nowMs: 0,
        ...more,
      }),
    );
  }

  const fieldsOf = (head: Buffer, name: string) =>
    findFields(parseEntity(Buffer.concat([head, Buffer.from('\r\n')])).header, name).map(
      (field) => field.body,
    );

  it('keeps From and every field that is not of the way here, byte for byte', () => {
    const kept = [
      from,
      'To: board@example.org,\r\n\tbob@example.org',
      'X-Odd:   two  blanks  ',
      'Subject: H\xe4',
    ];
    const head = headOf([
      'Return-Path: <a@b.example>',
      'List-Id: <other.example>',
      ...kept,
      'Delivered-To: x',
    ]);
    for (const field of kept) expect(head.toString('latin1')).toContain(`${field}\r\n`);
    expect(fieldsOf(head, 'return-path')).toEqual([]);
    expect(fieldsOf(head, 'list-id')).toEqual(['<board.example.org>']);
  });

  it('passes what a post says of keys on, byte for byte, while From stays: it speaks for that very author', () => {
    const kept = [
      `Autocrypt: addr=alice@example.org; prefer-encrypt=mutual;\r\n keydata=${'mDMEX'.repeat(12)}\r\n\t${'AbC+/='.repeat(11)}`,
      'AutoCrypt: addr=mallory@example.net;  keydata=AAAA ',
      'Autocrypt-Gossip: addr=bob@example.org; keydata=BBBB',
      'OpenPGP: id=0123456789ABCDEF;\r\n\turl=https://example.org/alice.asc',
      'OPENPGP:id=CAFE',
    ];
    const head = headOf([from, ...kept.slice(0, 2), 'To: board@example.org', ...kept.slice(2)]);
    const text = head.toString('latin1');
    for (const field of [from, ...kept]) expect(text.split(`${field}\r\n`)).toHaveLength(2);
    expect(fieldsOf(head, 'autocrypt')).toHaveLength(2);
    expect(fieldsOf(head, 'openpgp')).toHaveLength(2);
  });

  it('names the list, its number and the way here', () => {
    const head = headOf([from, 'X-Loop: other@example.org']);
    expect(fieldsOf(head, 'x-loop')).toEqual(['board@example.org', 'other@example.org']);
    expect(fieldsOf(head, 'x-sequence')).toEqual(['12']);
    expect(fieldsOf(head, 'list-post')).toEqual(['<mailto:board@example.org>']);
    expect(fieldsOf(head, 'errors-to')).toEqual(['board-owner@example.org']);
    expect(fieldsOf(head, 'received')[0]).toMatch(/^by example\.org \(S\/Sympa\) with LMTP id m1; /);
    expect(fieldsOf(head, 'message-id')).toEqual(['<m1@example.org>']);
  });

  it('carries the list fields that are asked for, and always List-Id', () => {
    const head = headOf([from], { rfc2369_header_fields: ['help', 'archive'] });
    expect(fieldsOf(head, 'list-help')).toHaveLength(1);
    expect(fieldsOf(head, 'list-unsubscribe')).toEqual([]);
    expect(fieldsOf(head, 'list-id')).toHaveLength(1);
  });

  it('leaves the MIME fields to the seal of a sealed copy', () => {
    const head = headOf([from, 'MIME-Version: 1.0', 'Content-Type: text/plain'], {}, { sealed: true });
    expect(head.toString()).not.toMatch(/mime-version|content-/i);
  });

  it('is less the fields of remove_headers, of the post alone', () => {
    const fields = [
      from,
      'Sender: s@example.org',
      'Precedence: bulk',
      'X-Sequence: 4',
      'X-Own: 1',
      'x-OWN: 2',
    ];
    expect(fieldsOf(headOf(fields), 'sender')).toEqual([]);
    expect(fieldsOf(headOf(fields), 'precedence')).toEqual(['list']);
    expect(fieldsOf(headOf(fields), 'x-sequence')).toEqual(['12']);
    const head = headOf(fields, { remove_headers: ['X-own', 'List-Id'] });
    expect(fieldsOf(head, 'x-own')).toEqual([]);
    expect(fieldsOf(head, 'sender')).toEqual(['s@example.org']);
    expect(fieldsOf(head, 'list-id')).toHaveLength(1);
  });

  it('is less the fields of remove_outgoing_headers, those of the list among them', () => {
    const head = headOf([from, 'X-Own: 1'], {
      remove_outgoing_headers: ['x-own', 'List-Post', 'Precedence', 'X-Extra'],
      custom_header: ['X-Extra: yes', 'X-Stays: yes'],
    });
    for (const name of ['x-own', 'list-post', 'precedence', 'x-extra'])
      expect(fieldsOf(head, name)).toEqual([]);
    expect(fieldsOf(head, 'x-stays')).toEqual(['yes']);
  });

  it('keeps what holds the message together, whatever the list is told to take away or to add', () => {
    const names = ['From', 'Date', 'Message-ID', 'MIME-Version', 'Content-Type', 'X-Loop'];
    const fields = [
      from,
      'Date: Tue, 24 Nov 2026 10:00:00 +0000',
      'Message-ID: <a@b.example>',
      'MIME-Version: 1.0',
    ];
    const head = headOf([...fields, 'Content-Type: multipart/signed; boundary=b'], {
      remove_headers: names,
      remove_outgoing_headers: names,
      custom_header: ['Content-Type: text/html', 'From: eve@example.org', 'X-Loop: x@example.org'],
    });
    for (const name of names) expect(fieldsOf(head, name)).toHaveLength(1);
    expect(head.toString()).not.toMatch(/eve|text\/html/);
  });

  it('carries the custom fields of the list, what is not ASCII in encoded words, and no second line', () => {
    const head = headOf([from], { custom_header: ['X-Motto: Gr\u00fc\u00dfe', 'X-Split: a\r\nX-Evil: b'] });
    expect(head.toString()).toMatch(/X-Motto: =\?utf-8\?/i);
    expect(fieldsOf(head, 'x-evil')).toEqual([]);
  });

  it.each([
    ['Subject: Hello', 'Subject: [board 12] Hello'],
    ['Subject: Re: Hello', 'Subject: Re: [board 12] Hello'],
    ['Subject: AW: Re: [board 7] Hello', 'Subject: AW: Re: [board 12] Hello'],
    ['Subject: [board 7] Re: [board 3] Hello', 'Subject: [board 12] Re: Hello'],
    ['Subject: [other 7] Hello', 'Subject: [board 12] [other 7] Hello'],
    ['Subject: [board seven] Hello', 'Subject: [board 12] [board seven] Hello'],
    ['Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=', 'Subject: [board 12] =?utf-8?'],
    ['X-None: 1', 'Subject: [board 12]'],
    ['Subject: =?utf-8?q?a=0D=0ABcc:_eve=40example.org=00?=', 'Subject: [board 12] a Bcc: eve@example.org'],
  ])('makes of %j with a tag %j', (field, expected) => {
    const head = headOf([from, field], { custom_subject: '[%list.name%] [%list.sequence%]' });
    expect(head.toString('latin1').toLowerCase()).toContain(expected.toLowerCase());
    expect(fieldsOf(head, 'bcc')).toEqual([]);
  });

  it('carries no tag where a protected Subject says another', () => {
    const head = headOf([from, 'Subject: ...'], { custom_subject: 'x' }, { tagSubject: false });
    expect(fieldsOf(head, 'subject')).toEqual(['...']);
  });

  it('takes a Subject full of tags in linear time', () => {
    const subject = '[board 1]'.repeat(80_000);
    const before = performance.now();
    const head = headOf([from, `Subject: ${subject}x`], {
      custom_subject: '[%list.name%] [%list.sequence%]',
    });
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(fieldsOf(head, 'subject')).toEqual(['[board 12] x']);
  });

  it.each([
    ['a header that ends without a line end', 'From: alice@example.org\r\nX-Last: 1'],
    ['bare line feeds', 'From: alice@example.org\nX-Last: 1\n\nHello\n'],
    ['a bare carriage return', 'From: alice@example.org\r\nX-Last: 1\rX-Evil: 2\r\n\r\nHello'],
  ])('is whole lines of CRLF, of %s too', (_what, text) => {
    const head = headOf(Buffer.from(text));
    expect(head.toString()).toMatch(/^(?:[^\r\n]+\r\n)+$/);
    expect(fieldsOf(head, 'x-evil')).toEqual([]);
  });

  it('is whole lines of CRLF whatever comes in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const head = headOf(Buffer.from(`${from}\r\n${text}`, 'latin1'), { custom_subject: 'x' });
        expect(head.toString('latin1')).toMatch(/^(?:[^\r\n]+\r\n)+$/);
      }),
    );
  });
});
