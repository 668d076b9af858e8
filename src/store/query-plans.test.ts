import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type CompiledQuery, Kysely } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { ArchivePosts } from './archive-posts.ts';
import { Bouncers } from './bouncers.ts';
import type { Database } from './database.ts';
import { Deliveries } from './deliveries.ts';
import { Distributions } from './distributions.ts';
import { Jobs } from './jobs.ts';
import { Messages } from './messages.ts';
import type { Schema } from './schema.ts';
import { NodeSqliteDialect } from './sqlite-dialect.ts';
import { openStore } from './store.ts';
import { Subscribers } from './subscribers.ts';
import { Tasks } from './tasks.ts';

const clock = { now: () => 1_000 };
const lease = { leaseMs: 1, limit: 1 };
const outcome = { distributionId: 'd', address: 'a', state: 'sent', code: null, reply: null } as const;

type Ask = (database: Database) => Promise<unknown>;

/** What is asked again and again, while the tables hold every post of years; with the index that holds what it is about alone. */
const questions: readonly (readonly [name: string, indexes: readonly string[], ask: Ask])[] = [
  ['the next jobs', ['job_due'], (of) => new Jobs(of).claim('delivery', 'w', lease)],
  ['when a job is due', ['job_due'], (of) => new Jobs(of).nextDueAt('delivery')],
  ['the recipients of a packet', ['delivery_pending'], (of) => new Deliveries(of).pendingOfPacket('d', 1)],
  [
    'the outcome of a recipient',
    ['sqlite_autoindex_delivery_1'],
    (of) => new Deliveries(of).record([outcome]),
  ],
  ['what waits for a certificate', ['delivery_waiting'], (of) => new Deliveries(of).waitingFor('a')],
  [
    'what waits beside a certificate',
    ['delivery_expiry', 'sqlite_autoindex_certificate_2'],
    (of) => new Deliveries(of).waitingWithCertificate(),
  ],
  ['what waits on a list', ['delivery_waiting_of'], (of) => new Deliveries(of).waiting({ list: 'l' })],
  ['what waited for too long', ['delivery_expiry'], (of) => new Deliveries(of).expireWaiting(1)],
  ['what waits for one who leaves', ['delivery_waiting'], (of) => new Deliveries(of).dropWaiting('l', ['a'])],
  [
    'whether a distribution is done',
    ['delivery_pending', 'delivery_waiting_of'],
    (of) => new Distributions(of).markFinishedWhenDone('d', 1),
  ],
  [
    'whether the bytes of a message are needed',
    ['archive_post_message', 'distribution_open'],
    (of) => new Messages(of).dropRaw('m'),
  ],
  [
    'the posts of a month',
    ['archive_post_month'],
    (of) => new ArchivePosts(of).ofMonth('l', 'm', { limit: 1 }),
  ],
  ['the months that are over', ['archive_post_month'], (of) => new ArchivePosts(of).takeBefore('l', 'm', 1)],
  ['what is deferred', ['delivery_pending'], (of) => new Deliveries(of).deferred({ limit: 1 })],
  [
    'the messages that are held',
    ['message_state'],
    (of) => new Messages(of).listByState(['held'], { limit: 1 }),
  ],
  ['a page of subscribers', ['PRIMARY KEY'], (of) => new Subscribers(of).list('l', { after: 'a' })],
  ['the posts of a list by time', ['distribution_posts'], (of) => new Distributions(of).postTimes('l', 1)],
  ['the bouncers of a packet', ['PRIMARY KEY'], (of) => new Bouncers(of).among('l', ['a'])],
  [
    'the bouncers of a level',
    ['PRIMARY KEY'],
    (of) => new Bouncers(of).take({ list: 'l', from: 75, below: undefined }, 'r', 1),
  ],
  ['the tasks that are due', ['task_due'], (of) => new Tasks(of).due(1, 1)],
  ['the lists of an address', ['subscriber_address'], (of) => new Subscribers(of).listsOf('a')],
  ['the subscriptions of an address', ['subscriber_address'], (of) => new Subscribers(of).ofAddress('a')],
  ['a page of addresses', ['subscriber_address'], (of) => new Subscribers(of).addresses({ after: 'a' })],
];

describe('a question asked again and again', () => {
  let folder = '';
  let plans: DatabaseSync;
  let db: Kysely<Schema>;
  let asked: CompiledQuery[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ssympa-plans-'));
    const path = join(folder, 'x.db');
    await (await openStore(`sqlite:${path}`, { clock, log: silentLog })).close();
    plans = new DatabaseSync(path);
    const log = ({ query }: { readonly query: CompiledQuery }) => void asked.push(query);
    db = new Kysely<Schema>({ dialect: new NodeSqliteDialect(path), log });
  });
  afterAll(async () => {
    plans.close();
    await db.destroy();
    rmSync(folder, { recursive: true });
  });

  it.each(questions)('is answered from an index: %s', async (_name, indexes, ask) => {
    asked = [];
    await ask({ db, engine: 'sqlite', clock, jobsChanged: () => {} });
    const steps = asked.flatMap(({ sql }) => plans.prepare(`explain query plan ${sql}`).all());
    const plan = steps.map((step) => `${step.detail} `).join('\n');
    for (const index of indexes) expect(plan).toMatch(new RegExp(`USING .*\\b${index}\\s`));
    // Without a word of an index a table is read from end to end; the jobs just chosen are no table.
    expect(plan).not.toMatch(/^SCAN (?!due\b)\w+ $/m);
  });
});
