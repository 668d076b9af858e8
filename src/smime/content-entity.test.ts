import { describe, expect, it } from 'vitest';
import { contentOf, splitMessage } from './content-entity.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('the content of an entity', () => {
  it('is its Content-* fields and its body', () => {
    const entity =
      'Subject: x\r\nContent-Type: text/plain;\r\n charset=utf-8\r\nMIME-Version: 1.0\r\n\r\nwords\r\n';
    expect(decode(contentOf(encode(entity)))).toBe(
      'Content-Type: text/plain;\r\n charset=utf-8\r\n\r\nwords\r\n',
    );
  });

  it.each([
    'Content-Type: text/plain\n\nwords\n',
    'words without a header',
    '\r\nwords',
    '',
  ])('is %j itself', (entity) => {
    expect(decode(contentOf(encode(entity)))).toBe(entity);
  });

  it('keeps the line ends of the entity', () => {
    expect(decode(contentOf(encode('Subject: x\nContent-Type: text/plain\n\nwords\n')))).toBe(
      'Content-Type: text/plain\n\nwords\n',
    );
  });

  it('begins with the blank line where no Content-* field is there', () => {
    expect(decode(contentOf(encode('Subject: x\r\n\r\nwords')))).toBe('\r\nwords');
  });
});

describe('a message that is split', () => {
  it('leaves its own fields outside, and the content in canonical form', () => {
    const message =
      'From: a@example.org\nMIME-Version: 1.0\nContent-Type: text/plain\nSubject: x\n\nwords\nmore\n';
    const { outer, entity } = splitMessage(encode(message));
    expect(decode(outer)).toBe('From: a@example.org\r\nSubject: x\r\n');
    expect(decode(entity)).toBe('Content-Type: text/plain\r\n\r\nwords\r\nmore\r\n');
  });

  it('keeps a binary body as it is', () => {
    const { entity } = splitMessage(encode('Content-Transfer-Encoding: binary\n\na\nb\r'));
    expect(decode(entity)).toBe('Content-Transfer-Encoding: binary\r\n\r\na\nb\r');
  });

  it('must have a header', () => {
    expect(() => splitMessage(encode('words'))).toThrow(expect.objectContaining({ code: 'not-a-message' }));
  });
});
