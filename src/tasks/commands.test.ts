import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTaskSite, type TaskSite } from '../../test/kit/task-site.ts';
import { TaskError } from './error.ts';

const dayMs = 86_400_000;
const bob = 'bob@example.net';
const carol = 'carol@example.net';

let made: TaskSite;
beforeEach(async () => {
  made = await makeTaskSite([`task_exec_programs ${process.execPath}`]);
});
afterEach(() => made.quiet.dispose());

async function failureOf(lines: readonly string[], object?: string): Promise<string> {
  const end = await made.run(lines, object);
  if (end.status !== 'failed') return end.status;
  expect(end.error).toBeInstanceOf(TaskError);
  return (end.error as TaskError).code;
}

describe('next and stop', () => {
  it('end the run; what follows is not carried out', async () => {
    const lines = [
      '/A',
      'next ([execution_date]+1d, B)',
      'exec (/no/such)',
      '/B',
      'stop ()',
      'exec (/no/such)',
    ];
    expect(await made.run(lines)).toEqual({ status: 'next', label: 'B', dueAtMs: made.clock.at + dayMs });
    expect(await made.run(lines.slice(4))).toEqual({ status: 'stopped' });
    expect(await made.run(['# nothing'])).toEqual({ status: 'stopped' });
  });

  it('count from when the task was made where the model says so', async () => {
    const end = await made.run(['/A', 'next ([creation_date]+1h, A)']);
    expect(end).toMatchObject({ dueAtMs: made.clock.at + 3_600_000 });
  });
});

describe('create', () => {
  it('makes a task that is due at once, and leaves one that is there', async () => {
    const list = await made.list('board');
    made.model('made-up.twice.task', ['stop ()']);
    const lines = ['create (global, made-up, once)', 'create (list(board@example.org), remind, monthly)'];
    expect(await made.run(lines)).toEqual({ status: 'stopped' });
    await made.run(['create (global, made-up, twice)']);
    const tasks = await made.quiet.store.tasks.all();
    expect(tasks.map(({ model, version, object }) => [model, version, object])).toEqual([
      ['made-up', 'once', '_global'],
      ['remind', 'monthly', list],
    ]);
    expect(tasks.every(({ dueAt }) => dueAt === made.clock.at)).toBe(true);
  });

  it('refuses a model that is not there, or has a fault where the task would run', async () => {
    expect(await failureOf(['create (global, nomodel, daily)'])).toBe('model-missing');
    made.model('faulty.daily.task', ['exec ([list.name])']);
    await made.list('board');
    expect(await failureOf(['create (global, faulty, daily)'])).toBe('reference-unknown');
    expect(await failureOf(['create (list(board@example.org), faulty, daily)'])).toBe('stopped');
    expect(await made.quiet.store.tasks.all()).toHaveLength(1);
  });

  it('refuses lists that are not there, closed, or not those of a task of a list', async () => {
    const list = await made.list('board');
    await made.list('other');
    await made.quiet.lists.close(await made.quiet.lists.get('other'));
    const create = (object: string) => [`create (${object}, remind, monthly)`];
    expect(await failureOf(create('list(nobody@example.org)'))).toBe('no-such-object');
    expect(await failureOf(create('list(other@example.org)'))).toBe('no-such-object');
    expect(await failureOf(create('global'), list)).toBe('other-list');
    expect(await failureOf(create('list([list.name]@[list.robot])'), list)).toBe('stopped');
  });
});

describe('exec', () => {
  const file = () => `${made.quiet.site.baseDir}/written`;

  it('runs a program that the site names, without a shell', async () => {
    const script = `${made.quiet.site.baseDir}/script.mjs`;
    writeFileSync(
      script,
      `import fs from 'node:fs'; fs.writeFileSync(${JSON.stringify(file())}, process.argv[2]);`,
    );
    expect(await made.run([`exec (${process.execPath}, ${script}, $HOME;x)`])).toEqual({ status: 'stopped' });
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(file(), 'utf8')).toBe('$HOME;x');
  });

  it('refuses every other program, and every program where none is named', async () => {
    expect(await failureOf(['exec (/bin/true)'])).toBe('exec-not-allowed');
    const closed = await makeTaskSite();
    const end = await closed.run([`exec (${process.execPath}, -v)`]);
    expect(end).toMatchObject({ status: 'failed', error: { code: 'exec-not-allowed' } });
    await closed.quiet.dispose();
  });

  it('says when a program does not end well, and nothing of what it wrote', async () => {
    const script = `${made.quiet.site.baseDir}/script.mjs`;
    writeFileSync(script, `console.error('secret'); process.exit(3);`);
    const end = await made.run([`exec (${process.execPath}, ${script})`]);
    expect(end).toMatchObject({ status: 'failed', error: { code: 'exec-failed' } });
    expect(String((end as { error?: unknown }).error)).toContain('ended with 3');
    expect(JSON.stringify(end)).not.toContain('secret');
  });
});

describe('selections', () => {
  const select = (condition: string) => [`@v = select_subs (${condition})`, 'send_msg (@v, remind)'];
  const selected = async () => (await made.mails()).flatMap(({ to }) => to);

  it('are by when a subscription last changed, or began', async () => {
    const list = await made.list('board', [bob, carol]);
    made.clock.at += 10 * dayMs;
    await made.quiet.store.subscribers.update(list, carol, { reception: 'nomail' });
    made.clock.at += dayMs;
    for (const [condition, addresses] of [
      ['older([execution_date]-5d)', [bob]],
      ['older([execution_date])', [bob, carol]],
      ['newer([execution_date]-5d)', [carol]],
      ['newer([execution_date])', []],
    ] as const) {
      expect(await made.run(select(condition), list)).toEqual({ status: 'stopped' });
      expect(await selected()).toEqual(addresses);
    }
  });

  it('are written to, one mail each, with what the template needs', async () => {
    const list = await made.list('board', [bob, carol]);
    await made.run(select('older([execution_date]+1d)'), list);
    expect(await made.mails()).toEqual(
      [bob, carol].map((address) => ({
        template: 'remind',
        list,
        to: [address],
        variables: {
          address,
          subscriptions: [expect.stringContaining(list)],
          commands: 'sympa@example.org',
        },
      })),
    );
  });

  it('need a list, and a mail that there is and that needs no more', async () => {
    const list = await made.list('board', [bob]);
    expect(await failureOf(select('older(execution_date)'))).toBe('needs-list');
    const send = (template: string) => ['@v = select_subs (older(1))', `send_msg (@v, ${template})`];
    expect(await failureOf(send('no_such_mail'), list)).toBe('template-unknown');
    expect(await failureOf(send('constructor'), list)).toBe('template-unknown');
    expect(await failureOf(send('certif_warning'), list)).toBe('template-unknown');
    expect(await failureOf(send('expire_warning1'), list)).toBe('stopped');
  });

  it('are deleted where the scenario del lets a listmaster do so', async () => {
    const list = await made.list('board', [bob, carol]);
    const lines = ['@v = select_subs (newer(0))', '@d = delete_subs (@v)', 'send_msg (@d, expire_warning1)'];
    expect(await made.run(lines, list)).toEqual({ status: 'stopped' });
    expect(await made.quiet.store.subscribers.count(list)).toBe(0);
    const sent = (await made.mails()).filter(({ template }) => template === 'expire-warning1');
    expect(sent.flatMap(({ to }) => to)).toEqual([bob, carol]);
  });

  it('stay where it refuses', async () => {
    const list = await made.list('board', [bob], { del: 'closed' });
    await made.run(['@v = select_subs (newer(0))', '@d = delete_subs (@v)', 'send_msg (@d, remind)'], list);
    expect(await made.quiet.store.subscribers.count(list)).toBe(1);
    expect(await made.mails()).toEqual([]);
  });
});

describe('purges', () => {
  it('take out what is kept too long, and nothing newer', async () => {
    const { store } = made.quiet;
    const list = await made.list('board', [bob]);
    const bounce = { list, messageId: 'm', receivedAt: made.clock.at };
    await store.bounces.insert({ ...bounce, id: '1', address: bob });
    await store.bounces.insert({ ...bounce, id: '2', address: 'left@example.net' });
    await store.postIds.claim(list, '<a@b>', 'm');
    await store.ciphertexts.claim(list, 'digest', 'm');
    await store.usedSignatures.claim('digest', 'm');
    for (const address of [bob, 'owner@example.org', 'left@example.net'])
      await store.persons.note(address, { lang: 'fr' });
    const all = [
      'expire_bounce (10)',
      'purge_orphan_bounces ()',
      'purge_spools ()',
      'purge_tables ()',
      'purge_logs_table ()',
      'purge_user_table ()',
    ];
    made.clock.at += 9 * dayMs;
    expect(await made.run(all)).toEqual({ status: 'stopped' });
    expect((await store.bounces.list(list)).map(({ id }) => id)).toEqual(['1']);
    expect(await store.postIds.claim(list, '<a@b>', 'other')).toBe(false);
    expect(await store.persons.find('left@example.net')).toBeDefined();
    made.clock.at += 400 * dayMs;
    await made.run(all);
    expect(await store.bounces.list(list)).toEqual([]);
    expect(await store.persons.find('left@example.net')).toBeUndefined();
    for (const address of [bob, 'owner@example.org']) expect(await store.persons.find(address)).toBeDefined();
    expect(await store.postIds.claim(list, '<a@b>', 'other')).toBe(true);
    expect(await store.usedSignatures.claim('digest', 'other')).toBe(true);
    expect(await store.ciphertexts.claim(list, 'digest', 'other')).toBe(false);
  });

  it('keep messages for logs_expiration_period, and those in quarantine until somebody drops them', async () => {
    const { store } = made.quiet;
    const list = await made.list('board');
    const raw = new TextEncoder().encode('Subject: x\r\n\r\nx\r\n');
    const aside = await made.quiet.take(raw, list);
    const job = await made.quiet.claim('pipeline');
    await store.jobs.quarantine(job.id, { code: 'bug', reason: 'x' });
    await store.messages.setState(aside, 'quarantined', { code: 'bug', reason: null });
    const refused = await made.quiet.take(raw, list);
    await store.messages.setState(refused, 'refused', { code: null, reason: null });
    made.clock.at += 8 * dayMs;
    const all = ['purge_spools ()', 'purge_tables ()', 'purge_logs_table ()'];
    await made.run(all);
    expect(await store.messages.find(refused)).toBeDefined();
    made.clock.at += 90 * dayMs;
    await made.run(all);
    expect(await store.messages.find(refused)).toBeUndefined();
    made.clock.at += 3_000 * dayMs;
    await made.run(all);
    expect((await store.messages.get(aside)).raw).toEqual(raw);
    expect(await store.jobs.list({ states: ['quarantined'] })).toHaveLength(1);
  });
});

describe('what this service does not have', () => {
  it.each([
    'purge_session_table',
    'purge_one_time_ticket_table',
  ])('is passed over by %s, and the log says so', async (command) => {
    expect(await made.run([`${command} ()`])).toEqual({ status: 'stopped' });
    const said = made.log.lines.find((line) => line.includes('task command does nothing'));
    expect(JSON.parse(said!)).toMatchObject({ level: 'info', command });
  });

  it('makes a model be refused that has rm_file, before anything of it is done', async () => {
    const list = await made.list('board', [bob]);
    const lines = ['@v = select_subs (newer(0))', 'send_msg (@v, remind)', 'RM_file (@v)'];
    const end = await made.run(lines, list);
    expect(end).toMatchObject({ status: 'failed', error: { code: 'command-refused', place: { line: 3 } } });
    expect(String((end as { error?: unknown }).error)).toContain('no address has a file');
    expect(await made.mails()).toEqual([]);
  });
});

describe('update_crl', () => {
  it('hands file and time to what fetches', async () => {
    const asked: unknown[] = [];
    const updateCrls = async (...given: readonly unknown[]) => void asked.push(given);
    for (const until of ['1d', '[execution_date]+1d'])
      await made.run([`update_crl (CA_list, ${until})`], '_global', { ...made.parts, updateCrls });
    expect(asked).toEqual([1, 2].map(() => ['CA_list', made.clock.at + dayMs]));
  });

  it('fails where nothing fetches', async () => {
    expect(await failureOf(['update_crl (CA_list, 1d)'])).toBe('crl-fetch-missing');
  });
});

describe('chk_cert_expiration', () => {
  const check = ['chk_cert_expiration (daily_cert_expiration, [execution_date]+3d)'];

  it.each([
    ['certif_warning', '3d'],
    ['daily-cert-expiration', '[execution_date]+3d'],
  ])('takes either name and either form: %s, %s', async (template, until) => {
    await made.certificate(bob, made.clock.at + 2 * dayMs);
    await made.run([`chk_cert_expiration (${template}, ${until})`]);
    expect(await made.mails()).toMatchObject([{ template: 'daily-cert-expiration', to: [bob] }]);
  });

  it('tells nobody of a certificate for which others in use stand in', async () => {
    const { store } = made.quiet;
    await made.certificate(bob, made.clock.at + 2 * dayMs);
    await made.certificate(bob, made.clock.at + 200 * dayMs, { use: 'sign' });
    await made.run(check);
    expect(await made.mails()).toHaveLength(1);
    await made.certificate(bob, made.clock.at + 200 * dayMs, { use: 'encrypt' });
    made.clock.at += 5 * dayMs;
    await made.run(check);
    expect(await made.mails()).toEqual([]);
    const statuses = (await store.certificates.ofAddress(bob)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 'trusted')).toHaveLength(2);
  });

  it('refuses a mail that is about something else', async () => {
    expect(await failureOf(['chk_cert_expiration (remind, 3d)'])).toBe('template-unknown');
    expect(await failureOf(['chk_cert_expiration (none_such, 3d)'])).toBe('template-unknown');
  });
});
