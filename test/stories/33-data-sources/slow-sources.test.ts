import { afterEach, beforeEach, expect, it } from 'vitest';
import { syncList } from '../../../src/requests/sync-list.ts';
import { readListSource } from '../../../src/sources/list-source.ts';
import { startHttpServer, type TestHttpServer } from '../../kit/http-server.ts';
import { makeTaskSite, type TaskSite } from '../../kit/task-site.ts';

let made: TaskSite;
let server: TestHttpServer;

beforeEach(async () => {
  server = await startHttpServer((request, response) => {
    if (request.url === '/quick') response.end('ann@example.net\n');
  });
  made = await makeTaskSite(['fetch_private_hosts 127.0.0.1']);
  await made.list('crew');
});
afterEach(async () => {
  await server.close();
  await made.quiet.dispose();
});

it('story 33: whoever waits for the sources of a list waits once for all of them that do not answer', async () => {
  const slow = Array.from({ length: 9 }, (_, index) => `/slow${index}`);
  const paragraphs = ['/quick', ...slow].map((path) => `include_remote_file\nurl ${server.base}${path}\n`);
  made.quiet.write('expl/crew/config', ['owner\nemail owner@example.org\n', ...paragraphs].join('\n'));
  const report = await syncList(await made.quiet.lists.get('crew@example.org'), made.parts, {
    withinMs: 1_500,
  });
  expect(report.sources.map(({ status }) => status).sort()).toEqual([...slow.map(() => 'late'), 'read']);
  // Four are asked at a time, and all the time is spent on those; who is left is not asked at all.
  expect(server.asked.filter((path) => path !== '/quick').length).toBeLessThan(slow.length);
  expect(await made.quiet.store.subscribers.isSubscriber('crew@example.org', 'ann@example.net')).toBe(true);
});

it('story 33: a list that takes too long to read as a source is left', async () => {
  await made.list('big');
  const people = new Map(Array.from({ length: 2_500 }, (_, index) => [`p${index}@example.net`, null]));
  const facts = { list: 'big@example.org', reception: 'mail', visibility: 'noconceal' };
  await made.quiet.store.transaction((tx) => tx.subscribers.include({ ...facts, people }));
  const crew = await made.quiet.lists.get('crew@example.org');
  const read = (limitMs: number) =>
    readListSource({ listname: 'big' }, crew, made.parts, async () => [], { limitMs });
  expect((await read(60_000)).people.size).toBe(2_500);
  await expect(read(0)).rejects.toMatchObject({ code: 'source-timeout', temporary: true });
});
