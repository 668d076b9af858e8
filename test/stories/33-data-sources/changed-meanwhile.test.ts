import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { syncList } from '../../../src/requests/sync-list.ts';
import { startHttpServer, type TestHttpServer } from '../../kit/http-server.ts';
import { ask } from '../../kit/requests.ts';
import { makeTaskSite, type TaskSite } from '../../kit/task-site.ts';

const crew = 'crew@example.org';
let made: TaskSite;
let server: TestHttpServer;
/** What happens before the web server answers. */
let meanwhile: () => Promise<unknown>;

beforeEach(async () => {
  meanwhile = async () => undefined;
  server = await startHttpServer(async (_request, response) => {
    await meanwhile();
    response.end('ann@example.net\n');
  });
  made = await makeTaskSite(['fetch_private_hosts 127.0.0.1']);
  await made.list('crew');
});
afterEach(async () => {
  await server.close();
  await made.quiet.dispose();
});

const source = (path: string) =>
  made.quiet.write(
    'expl/crew/config',
    `owner\nemail owner@example.org\n\ninclude_remote_file\nurl ${server.base}${path}\n`,
  );
const change = (request: 'move-list' | 'close-list' | 'open-list', more: { readonly name?: string } = {}) =>
  ask(made.quiet, request, { list: crew, ...more }, { sender: 'root@example.org', method: 'md5' });
const sync = async () => syncList(await made.quiet.lists.get(crew), made.parts);
const members = async (list: string) =>
  (await made.quiet.store.subscribers.list(list)).map(({ address }) => address);

describe('story 33: a list that is changed while its data sources are read', () => {
  it('that is renamed is not brought back under its old name', async () => {
    source('/staff');
    meanwhile = () => change('move-list', { name: 'team' });
    await expect(sync()).rejects.toMatchObject({ code: 'sync-busy' });
    expect(await made.quiet.lists.find('team@example.org')).toBeDefined();
    expect(await members(crew)).toEqual([]);
    expect(await made.quiet.store.listRenames.isKnown(crew)).toBe(false);
    expect(await made.quiet.store.dataSources.all()).toEqual([]);
  });

  it('that is closed gets nobody any more', async () => {
    source('/staff');
    meanwhile = () => change('close-list');
    await expect(sync()).rejects.toMatchObject({ code: 'sync-busy' });
    expect(await members(crew)).toEqual([]);
  });

  it('that was renamed or closed before they are read is left alone', async () => {
    source('/staff');
    const before = await made.quiet.lists.get(crew);
    await change('close-list');
    const read = () => syncList(before, made.parts);
    await expect(read()).rejects.toMatchObject({ code: 'sync-unusable-list' });
    await change('open-list');
    await change('move-list', { name: 'team' });
    await expect(read()).rejects.toMatchObject({ code: 'sync-unusable-list' });
    expect(server.asked).toEqual([]);
  });

  it('keeps its lock as long as nothing is changed', async () => {
    source('/staff');
    expect(await sync()).toMatchObject({ added: 1 });
    expect(await members(crew)).toEqual(['ann@example.net']);
  });
});
