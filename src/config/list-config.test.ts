import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './error.ts';
import { formatListConfig, parseListConfig, setListParameter } from './list-config.ts';
import { type RobotParameters, siteSchema } from './site-parameters.ts';

const robot = (extra: object = {}): RobotParameters =>
  siteSchema.parse({ domain: 'example.org', listmaster: 'root@example.org', ...extra });

const config = `subject Our plans
status open

# who runs it
owner
email Ann@Example.org
gecos Ann

owner
email bob@example.org
reception nomail

editor
email eve@example.org

custom_header X-One: 1
custom_header X-Two: 2

archive
quota 100
`;

describe('parseListConfig', () => {
  it('reads parameters, paragraphs, and what repeats in its order', () => {
    const list = parseListConfig(config, 'config');
    expect(list.subject).toBe('Our plans');
    expect(list.owner.map(({ email, gecos, reception }) => [email, gecos, reception])).toEqual([
      ['Ann@example.org', 'Ann', 'mail'],
      ['bob@example.org', undefined, 'nomail'],
    ]);
    expect(list.editor).toHaveLength(1);
    expect(list.custom_header).toEqual(['X-One: 1', 'X-Two: 2']);
  });

  it('has the safe defaults of its own parameters', () => {
    expect(parseListConfig('', 'config')).toMatchObject({
      status: 'open',
      send: 'private',
      unsigned_encrypted: 'aead',
      seal_downgrade: false,
      smime_mode: 'reencrypt',
      archive_crypted_msg: 'original',
      rfc2369_header_fields: ['help', 'subscribe', 'unsubscribe', 'post', 'owner', 'archive'],
    });
  });

  it('takes from the domain what the list does not set, member by member', () => {
    const list = parseListConfig(
      'archive\nquota 7\n\nlang fr\n',
      'config',
      robot({ send: 'public', lang: 'de', archive: { web_access: 'owner' } }),
    );
    expect(list).toMatchObject({ send: 'public', lang: 'fr', archive: { quota: 7, web_access: 'owner' } });
  });

  it('reads the older names of Sympa', () => {
    const list = parseListConfig(
      'web_archive\naccess owner\n\nreply_to list\n\nsubscription closed\n\naccount x\n',
      'config',
    );
    expect(list).toMatchObject({
      archive: { web_access: 'owner' },
      reply_to_header: { value: 'list' },
      subscribe: 'closed',
    });
  });

  it('tells faults inside a paragraph with their line', () => {
    const error = (() => {
      try {
        return parseListConfig(
          'owner\nemial a@example.org\n\nowner\nemail b\nemail c@example.org\n',
          'config',
        );
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems).toMatchObject([
      { code: 'missing-parameter', text: 'owner.email is not set', place: { line: 1 } },
      { code: 'unknown-parameter', place: { line: 2 }, hint: 'did you mean email?' },
      { code: 'bad-value', place: { line: 5 } },
      { code: 'duplicate-parameter', place: { line: 6 } },
    ]);
  });

  it('never repeats the password of a data source', () => {
    const text =
      'include_sql_query\ndb_type pg\ndb_name x\nsql_query select\npasswd hunter2\ndb_passwd hunter2\n';
    expect(() => parseListConfig(text, 'config')).toThrow(expect.not.stringContaining('hunter2'));
  });

  it('gives a list or its own error for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        try {
          parseListConfig(text, 'config');
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });
});

describe('formatListConfig', () => {
  it('writes what parseListConfig reads again', () => {
    const line = fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/);
    fc.assert(
      fc.property(line, fc.array(line, { minLength: 1, maxLength: 4 }), (subject, names) => {
        const owner = names.map((gecos, i) => ({ email: `a${i}@example.org`, gecos }));
        const list = parseListConfig(formatListConfig({ subject, owner }), 'config');
        expect(list.subject).toBe(subject);
        expect(list.owner.map(({ gecos }) => gecos)).toEqual(names);
      }),
    );
  });

  it.each(['two\nlines', '', ' ', 'ends in a blank ', 'nul\u0000'])('refuses %j', (subject) => {
    expect(() => formatListConfig({ subject })).toThrow(ConfigError);
  });
});

describe('setListParameter', () => {
  it('changes one line and leaves the rest', () => {
    expect(setListParameter(config, 'status', 'closed')).toBe(config.replace('status open', 'status closed'));
    expect(setListParameter(config, 'archive.quota', '5')).toBe(config.replace('quota 100', 'quota 5'));
  });

  it('adds a parameter, a paragraph, or a member of one that is there', () => {
    for (const [key, value] of [
      ['send', 'public'],
      ['default_user_options.reception', 'nomail'],
      ['archive.web_access', 'owner'],
    ] as const) {
      const list = parseListConfig(setListParameter(config, key, value), 'config');
      const [name, member] = key.split('.') as [keyof typeof list, string?];
      const found = member === undefined ? list[name] : (list[name] as Record<string, unknown>)[member];
      expect(found).toBe(value);
      expect(list.owner).toHaveLength(2);
    }
  });

  it('takes a parameter out', () => {
    expect(setListParameter(config, 'subject', undefined)).toBe(config.replace('subject Our plans\n', ''));
  });

  it('does not mistake the member of a paragraph for a parameter', () => {
    const text = 'custom_vars\nname send\nvalue x\n';
    expect(setListParameter(text, 'send', 'public')).toBe('custom_vars\nname send\nvalue x\n\nsend public\n');
  });

  it('leaves what repeats to an editor', () => {
    expect(() => setListParameter(config, 'owner.email', 'x@example.org')).toThrow(ConfigError);
  });
});
