import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTaskSite, type TaskSite } from '../../test/kit/task-site.ts';
import type { List } from '../lists/list.ts';
import { readIncludeFile } from './include-file.ts';

describe('a parameter of an include file', () => {
  let made: TaskSite;
  let list: List;
  beforeAll(async () => {
    made = await makeTaskSite();
    list = await made.quiet.lists.get(await made.list('crew'));
  });
  afterAll(() => made.quiet.dispose());

  async function filled(query: string, source_parameters: string): Promise<string> {
    const lines = ['include_sql_query', 'db_type SQLite', 'db_name p.db', `sql_query ${query}`];
    made.quiet.write('etc/data_sources/staff.incl', `${lines.join('\n')}\n`);
    const values = await readIncludeFile({ source: 'staff', source_parameters }, list, made.quiet.site);
    return values.include_sql_query[0]!.sql_query;
  }

  it.each([
    ["select mail from p where dept = '[% param.0 %]'", '0 union select 1 --', "'0 union select 1 --'"],
    ["select mail from p where a = 'x' and dept = '[% param.0 %]'", 'law', "dept = 'law'"],
    ["select mail from p where a = 'it''s' and n = [% param.0 %] and b = 'y'", '-12', 'n = -12 and'],
    ['select mail from p where n = [% param.1 %]', 'law, 7', 'n = 7'],
  ])('stands in %s for %s', async (query, given, shown) => {
    expect(await filled(query, given)).toContain(shown);
  });

  it.each([
    ['select mail from p where dept = [% param.0 %] and active = 1', '0 union select mail from board --'],
    ['select mail from p where dept = [% param.0 %]', 'dept'],
    ["select mail from p where a = 'it''s' and n = [% param.0 %] and b = 'y'", '1 or 1=1'],
    ["select mail from p where a = E'it\\'s' and n = [% param.0 %] and b = 'y'", '1 or 1=1'],
    ["select mail /* it's */ from p where n = [% param.0 %] and b = 'y'", '1 or 1=1'],
    ["select mail from p where a = $$'$$ and n = [% param.0 %] and b = 'y'", '1 or 1=1'],
    ["select mail from p where dept = '[% param.0 %]'", "law' or '1"],
  ])('writes no part of the query %s, as %s would', async (query, given) => {
    await expect(filled(query, given)).rejects.toMatchObject({ code: 'source-bad-parameter' });
  });
});
