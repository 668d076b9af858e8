import { describe, expect, it } from 'vitest';
import { readMainText } from './legacy-display.ts';

function bytesOf(...lines: readonly string[]): Uint8Array {
  return new TextEncoder().encode(lines.join('\r\n'));
}

const marked = (type: string, ...body: readonly string[]) =>
  bytesOf(`Content-Type: ${type}; hp-legacy-display="1"`, '', ...body);

describe('the main text', () => {
  it('has its Legacy Display Element taken off', () => {
    const text = marked(
      'text/plain',
      'Subject: secret',
      'Cc: bob@example.org',
      '',
      'DISTRIBUTE plans 42',
      '',
    );
    expect(readMainText(text, true)).toMatchObject({ subtype: 'plain', text: 'DISTRIBUTE plans 42\r\n' });
  });

  it('keeps what looks like one where nothing marks it, or no envelope was opened', () => {
    const plain = bytesOf('Content-Type: text/plain', '', 'Subject: secret', '', 'words');
    expect(readMainText(plain, true)!.text).toBe('Subject: secret\r\n\r\nwords');
    expect(readMainText(marked('text/plain', 'Subject: x', '', 'words'), false)!.text).toBe(
      'Subject: x\r\n\r\nwords',
    );
  });

  it('loses the whole element in HTML, with what is nested in it', () => {
    const html = marked(
      'text/html',
      '<body><div class="header-protection-legacy-display"><div><pre>Subject: x</pre></div></div><p>words</p></body>',
    );
    expect(readMainText(html, true)).toMatchObject({ subtype: 'html', text: '<body><p>words</p></body>' });
    const open = marked('text/html', '<body><div class="header-protection-legacy-display"><p>words');
    expect(readMainText(open, true)!.text).toBe('<body>');
  });

  it('is the plain alternative, found at the start of a multipart/mixed', () => {
    const mixed = bytesOf(
      'Content-Type: multipart/mixed; boundary=m',
      '',
      '--m',
      'Content-Type: multipart/alternative; boundary=a',
      '',
      '--a',
      'Content-Type: text/html',
      '',
      '<p>words</p>',
      '--a',
      'Content-Type: text/plain',
      '',
      'words',
      '--a--',
      '--m',
      'Content-Type: text/plain',
      '',
      'a note',
      '--m--',
    );
    expect(readMainText(mixed, true)).toEqual({ subtype: 'plain', text: 'words', format: 'fixed' });
  });

  it('is behind the part that the older scheme shows to old clients', () => {
    const mixed = bytesOf(
      'Content-Type: multipart/mixed; boundary=m; protected-headers="v1"',
      '',
      '--m',
      'Content-Type: text/plain; protected-headers="v1"',
      '',
      'Subject: secret',
      '--m',
      'Content-Type: text/plain',
      '',
      'words',
      '--m--',
    );
    expect(readMainText(mixed, true)!.text).toBe('words');
  });

  it('is inside a wrapped message of RFC 8551', () => {
    expect(
      readMainText(bytesOf('Content-Type: message/rfc822', '', 'Subject: x', '', 'words'), true)!.text,
    ).toBe('words');
  });

  it('is none where there is only an attachment, or no text', () => {
    expect(readMainText(bytesOf('Content-Type: image/png', '', 'x'), true)).toBeUndefined();
    const attached = bytesOf('Content-Type: text/plain', 'Content-Disposition: attachment', '', 'x');
    expect(readMainText(attached, true)).toBeUndefined();
  });
});
