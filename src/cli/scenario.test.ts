import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliError } from './error.ts';
import type { CliIo } from './io.ts';
import { runProgram } from './program.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssympa-scenario-'));
  await run('init', 'site', '--domain', 'lists.example.org', '--listmaster', 'max@example.org');
  await run('list', 'create', 'team', '--owner', 'olga@example.org', ...conf);
  await run('subscriber', 'add', 'team', 'bob@example.org', ...conf);
}, 60_000);

afterAll(() => rm(folder, { recursive: true }));

const conf = ['--conf', 'site/sympa.conf'];

/** Runs the program in memory, over real files. */
async function run(...argv: string[]) {
  const result = { code: 0, out: '', err: '' };
  const io: CliIo = {
    stdin: (async function* () {})(),
    stdout: (data) => {
      result.out += String(data);
    },
    stderr: (text) => {
      result.err += text;
    },
    env: {},
    cwd: folder,
    clock: { now: () => Date.UTC(2026, 0, 10) },
    exit: (code) => {
      result.code = code;
    },
    fail: (code, message, options) => {
      throw new CliError(code, message, options);
    },
  };
  await runProgram(argv, io);
  return result;
}

async function explain(scenario: string, ...options: string[]) {
  const result = await run('scenario', 'explain', scenario, '--list', 'team', ...options, ...conf, '--json');
  return { ...result, explanation: result.out === '' ? undefined : JSON.parse(result.out) };
}

const printed = [
  'title.us restricted to subscribers check SMIME signature',
  '',
  '  is_subscriber([listname],[sender])  smime  -> do_is_editor([listname],[sender])  smime  -> do_it',
  '  is_owner([listname],[sender])       smime  -> do_it',
  '',
].join('\n');

describe('scenario check', () => {
  it('passes a file that is right, and tells what looks like a mistake', async () => {
    await writeFile(join(folder, 'send.odd'), 'equal([sendr],x) -> reject\ntrue() -> do_it\n');
    const { code, out, err } = await run('scenario', 'check', 'send.odd');
    expect([code, out]).toEqual([0, 'send.odd: ok, 2 rules\n']);
    expect(err).toContain('ssympa: warning: send.odd:1:7: [sendr]');
  });

  it('reads includes from the folder of the file', async () => {
    await writeFile(join(folder, 'include.more'), 'tru() -> do_it\n');
    await writeFile(join(folder, 'send.included'), 'include more\n');
    const { code, err } = await run('scenario', 'check', 'send.included');
    expect(code).toBe(65);
    expect(err).toContain('include.more:1:1: there is no condition tru');
  });

  it('refuses two rules on one line with the three lines that they should be', async () => {
    await writeFile(join(folder, 'send.private_smime'), printed);
    const { code, err } = await run('scenario', 'check', 'send.private_smime');
    expect(code).toBe(65);
    expect(err).toBe(
      [
        'ssympa: error: send.private_smime:3:52: two rules stand on one line',
        'ssympa: hint: write one rule a line:',
        'is_subscriber([listname],[sender]) smime -> do_it',
        'is_editor([listname],[sender]) smime -> do_it',
        'is_owner([listname],[sender]) smime -> do_it',
        '',
      ].join('\n'),
    );
  });

  it('goes through all files, and gives JSON', async () => {
    await writeFile(join(folder, 'send.good'), 'true() -> do_it\n');
    const { code, out, err } = await run('scenario', 'check', 'send.private_smime', 'send.good', '--json');
    expect([code, err]).toEqual([65, '']);
    expect(JSON.parse(out)).toMatchObject([
      { file: 'send.private_smime', ok: false, error: { code: 'rules-fused', line: 3, column: 52 } },
      { file: 'send.good', ok: true, rules: 1, error: null, remarks: [] },
    ]);
  });

  it('says 66 for a file that is not there', async () => {
    expect((await run('scenario', 'check', 'send.nothing')).code).toBe(66);
  });
});

describe('scenario explain', () => {
  it('tells the rule that decides and why earlier ones do not', async () => {
    const { code, explanation } = await explain(
      'send.private_smime',
      '--sender',
      'Bob@Example.org',
      '--method',
      'smtp',
    );
    expect(code).toBe(0);
    expect(explanation).toMatchObject({
      function: 'send',
      name: 'private_smime',
      method: 'smtp',
      decision: { action: 'reject', modifiers: [], reason: 'send_subscriber_smime', template: null },
      tried: [
        { file: 'blocklist', outcome: 'condition-false' },
        { outcome: 'method-differs' },
        { outcome: 'method-differs' },
        { outcome: 'method-differs' },
      ],
    });
  });

  it.each([
    ['bob@example.org', 'do_it', 1],
    ['olga@example.org', 'do_it', 2],
    ['max@example.org', 'do_it', 3],
    ['eve@example.org', 'reject', 4],
  ])('knows the people of the list: %s', async (sender, action, tried) => {
    const { explanation } = await explain('send.private', '--sender', sender, '--method', 'smtp');
    expect([explanation.decision.action, explanation.tried.length]).toEqual([action, tried]);
  });

  it('takes variables from the command line', async () => {
    const set = ['--set', 'email=dora@example.org', '--set', 'remote_addr=10.0.0.1'];
    const { explanation } = await explain(
      'subscribe.open',
      '--sender',
      'bob@example.org',
      '--method',
      'smtp',
      ...set,
    );
    expect(explanation.decision).toMatchObject({ action: 'request_auth', requestAuthFrom: 'email' });
  });

  it('knows of the subscriber and the list what a decision knows, and no secret of the site', async () => {
    const rules = [
      'match([conf->database],/sqlite/) smtp -> reject',
      'equal([subscriber->reception],nomail) smtp -> editorkey',
      'equal([custom_vars->room],east) smtp -> do_it',
      '',
    ];
    await writeFile(join(folder, 'site/etc/scenari/send.known'), rules.join('\n'));
    const decided = async (sender = 'bob@example.org') =>
      (await explain('send.known', '--sender', sender)).explanation.decision.action;
    expect(await decided()).toBe('reject');
    await appendFile(join(folder, 'site/expl/team/config'), '\ncustom_vars\nname room\nvalue east\n');
    expect(await decided()).toBe('do_it');
    await run('subscriber', 'add', 'team', 'dora@example.org', '--reception', 'nomail', ...conf);
    expect(await decided('dora@example.org')).toBe('editorkey');
  });

  it('lets the conditions look at a message', async () => {
    const text =
      'From: bob@example.org\r\nTo: team@lists.example.org\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x--\r\n';
    await writeFile(join(folder, 'message.eml'), text);
    const options = ['--sender', 'bob@example.org', '--method', 'smtp', '--message', 'message.eml'];
    expect((await explain('send.publicnomultipart', ...options)).explanation.decision.reason).toBe(
      'send_multipart',
    );
  });

  it('refuses by a scenario that is not there, with exit code 0', async () => {
    const { code, explanation } = await explain('send.nothing', '--method', 'smtp');
    expect([code, explanation.decision.reason]).toEqual([0, 'scenario-not-found']);
  });

  it('says 65 and the place for a scenario of the site that does not parse', async () => {
    await writeFile(join(folder, 'site/etc/scenari/send.private_smime'), printed);
    const { code, out, err } = await explain('send.private_smime', '--method', 'smime');
    expect([code, out]).toEqual([65, '']);
    expect(err).toContain('send.private_smime:3:52: two rules stand on one line');
  });

  it('refuses to post to a list that is closed', async () => {
    await run('list', 'create', 'old', '--owner', 'olga@example.org', ...conf);
    await run('list', 'close', 'old', ...conf);
    const { out } = await run('scenario', 'explain', 'send.public', '--list', 'old', ...conf, '--json');
    expect(JSON.parse(out).decision).toMatchObject({ action: 'reject', reason: 'list-no-open' });
  });

  it.each([
    [['send'], 64],
    [['send.private', '--method', 'pgp'], 64],
    [['send.private', '--set', 'x'], 64],
    [['send.private', '--list', 'nothing'], 67],
  ])('answers %j with %i', async (argv, code) => {
    expect((await run('scenario', 'explain', ...argv, ...conf)).code).toBe(code);
  });
});
