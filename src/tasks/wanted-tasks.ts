import type { Site } from '../config/site.ts';
import type { List } from '../lists/list.ts';
import { hasDataSources } from '../sources/sources-of-list.ts';
import { globalObject } from '../store/tasks.ts';
import type { ModelName } from './model-files.ts';
import type { TaskParts } from './task-run.ts';

/** A task that a parameter asks for. */
export interface WantedTask extends ModelName {
  readonly object: string;
}

/** Models of the site, and the parameter that gives the version of each. */
export const siteModels = {
  chk_cert_expiration: ({ conf }) => conf.chk_cert_expiration_task,
  crl_update: ({ conf }) => conf.crl_update_task,
  expire_bounce: ({ conf }) => conf.expire_bounce_task,
  purge_orphan_bounces: ({ conf }) => conf.purge_orphan_bounces_task,
  eval_bouncers: ({ conf }) => conf.eval_bouncers_task,
  process_bouncers: ({ conf }) => conf.process_bouncers_task,
  purge_tables: ({ conf }) => conf.purge_tables_task,
  purge_spools: ({ conf }) => conf.purge_spools_task,
  purge_user_table: ({ conf }) => conf.purge_user_table_task,
  purge_logs_table: ({ conf }) => conf.purge_logs_table_task,
  purge_session_table: ({ conf }) => conf.purge_session_table_task,
  purge_one_time_ticket_table: ({ conf }) => conf.purge_one_time_ticket_table_task,
} as const satisfies Readonly<Record<string, (site: Site) => string | undefined>>;

/** Models of lists. A list with data sources reads them again every `ttl` seconds. */
export const listModels = {
  remind: ({ config }) => config.remind_task,
  expire: ({ config }) => config.expire_task,
  sync_include: (list) => (hasDataSources(list) ? 'ttl' : undefined),
} as const satisfies Readonly<Record<string, (list: List) => string | undefined>>;

/** Where a parameter has this value, there is no such task. */
const noTask = 'none';

/**
 * Gives every task that the configuration asks for: those of the site, and those of open lists.
 *
 * @param readInto lists that data sources were read into: once more, where they have none any more
 */
export function wantedTasks(
  { site, updateCrls }: Pick<TaskParts, 'site' | 'updateCrls'>,
  lists: readonly List[],
  readInto: ReadonlySet<string>,
): readonly WantedTask[] {
  const ofSite = Object.entries(siteModels)
    // Nothing could do it: a task that fails every day would only hide the others.
    .filter(([model]) => model !== 'crl_update' || updateCrls !== undefined)
    .map(([model, versionOf]) => ({ model, version: versionOf(site), object: globalObject }));
  const ofLists = lists
    .filter(({ status }) => status === 'open')
    .flatMap((list) =>
      Object.entries(listModels).map(([model, versionOf]) => ({
        model,
        version:
          versionOf(list) ?? (model === 'sync_include' && readInto.has(list.address) ? 'ttl' : undefined),
        object: list.address,
      })),
    );
  return [...ofSite, ...ofLists].flatMap(({ version, ...task }) =>
    version === undefined || version === noTask ? [] : [{ ...task, version }],
  );
}
