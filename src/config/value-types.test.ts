import { describe, expect, it } from 'vitest';
import {
  address,
  choices,
  commaList,
  count,
  databaseUrl,
  fileName,
  isDomain,
  listenAddresses,
  onOff,
  percent,
  size,
  smtpRoute,
  synonyms,
  type ValueType,
  webAddress,
  word,
  words,
} from './value-types.ts';

function read<T>(type: ValueType<T>, text: string): T | undefined {
  const result = type.schema.safeParse(text);
  return result.success ? result.data : undefined;
}

describe('the value types', () => {
  it('read switches in each of their words', () => {
    expect(['on', 'off', 'ON', 'yes', 'enabled'].map((text) => read(onOff, text))).toEqual([
      true,
      false,
      true,
      true,
      true,
    ]);
    expect(read(onOff, '1')).toBeUndefined();
  });

  it('read sizes with units of 1024', () => {
    expect(['5242880', '5M', '10 k', '1GiB'].map((text) => read(size, text))).toEqual([
      5_242_880,
      5_242_880,
      10_240,
      1 << 30,
    ]);
    expect(['5T', '-1', '1.5M', ''].map((text) => read(size, text))).toEqual(Array(4).fill(undefined));
  });

  it('keep whole numbers within their range', () => {
    expect(read(count(1, 10), '10')).toBe(10);
    expect(['0', '11', '1.0', '1e3', '-1', ' 1', '٣'].map((text) => read(count(1, 10), text))).toEqual(
      Array(7).fill(undefined),
    );
  });

  it('read a share with or without its sign', () => {
    expect(['0%', '100%', '33'].map((text) => read(percent, text))).toEqual([0, 100, 33]);
    expect(read(percent, '101%')).toBeUndefined();
  });

  it('read lists with blanks around commas, and none as no item', () => {
    expect(read(commaList(word), 'a , b,,c')).toEqual(['a', 'b', 'c']);
    expect(read(words, 'None')).toEqual([]);
    expect(read(choices('help', 'post'), 'post,help')).toEqual(['post', 'help']);
    expect(read(choices('help', 'post'), 'post,nothing')).toBeUndefined();
  });

  it('translate other words of Sympa', () => {
    const type = synonyms(choices('mail', 'nomail'), { html: 'mail' });
    expect(read(type, 'html, nomail')).toEqual(['mail', 'nomail']);
    expect(read(type, 'toString')).toBeUndefined();
  });

  it('read plain addresses only, domain in lower case', () => {
    expect(read(address, 'Ann.Lee@Example.ORG')).toBe('Ann.Lee@example.org');
    for (const text of [
      'ann',
      '@x',
      'a@',
      'a b@x.org',
      'Ann <a@x.org>',
      'a@x@y.org',
      'a,b@x.org',
      `${'a'.repeat(65)}@x.org`,
    ])
      expect(read(address, text)).toBeUndefined();
  });

  it('know a domain from what only looks like one', () => {
    expect(['example.org', 'a-b.example', 'xn--bcher-kva.example'].every(isDomain)).toBe(true);
    expect(
      ['example', '.org', 'a..b', '-a.org', 'Example.org', '../etc', 'a/b.org', `${'a'.repeat(64)}.org`].some(
        isDomain,
      ),
    ).toBe(false);
  });

  it('let no path into the name of a scenario', () => {
    expect(read(fileName, 'private_smime')).toBe('private_smime');
    expect(['../x', 'a/b', '.hidden', 'a..b', '', 'a b'].map((text) => read(fileName, text))).toEqual(
      Array(6).fill(undefined),
    );
  });

  it('read where mail goes and where data lies', () => {
    expect(read(smtpRoute, 'smtp://127.0.0.1:25')).toBe('smtp://127.0.0.1:25');
    expect(read(smtpRoute, 'none')).toBe('none');
    expect(read(smtpRoute, 'relay.example.org')).toBeUndefined();
    expect(read(databaseUrl, 'postgres://u@h/db')).toBe('postgres://u@h/db');
    expect(['mysql://u@h/db', 'sqlite:', 'data.db'].map((text) => read(databaseUrl, text))).toEqual(
      Array(3).fill(undefined),
    );
    expect(read(webAddress, 'http://127.0.0.1:8080')).toBe('http://127.0.0.1:8080');
    expect(read(webAddress, 'unix:x')).toBeUndefined();
  });

  it('make paths absolute only where the value is a path', () => {
    const at = (path: string) => `/site/${path}`;
    expect(databaseUrl.relocate?.('sqlite:data/x.db', at)).toBe('sqlite:/site/data/x.db');
    expect(databaseUrl.relocate?.('postgres://h/db', at)).toBe('postgres://h/db');
    expect(listenAddresses.relocate?.(read(listenAddresses, '127.0.0.1:1,unix:l.sock'), at)).toEqual([
      { kind: 'tcp', host: '127.0.0.1', port: 1 },
      { kind: 'unix', path: '/site/l.sock' },
    ]);
  });
});
