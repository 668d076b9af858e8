import { checkCertificateExpiration } from './certificate-expiry.ts';
import type { CommandName } from './command-words.ts';
import { evaluateBouncers } from './eval-bouncers.ts';
import { runProgram } from './exec.ts';
import { makeTask } from './make-task.ts';
import { processBouncers } from './process-bouncers.ts';
import {
  expireBounces,
  purgeLogs,
  purgeOrphanBounces,
  purgePersons,
  purgeSpools,
  purgeTables,
} from './purges.ts';
import { deleteSubscribers, selectSubscribers, sendMessages } from './selections.ts';
import { syncInclude } from './sync-include.ts';
import type { TaskRun } from './task-run.ts';
import { updateRevocationLists } from './update-revocation-lists.ts';

/** What a command does; what gives addresses returns them. */
type CommandAct = (given: readonly string[], run: TaskRun) => Promise<readonly string[] | undefined>;

/** Every command but those that end a run. */
export const commandActs: Readonly<Record<Exclude<CommandName, 'stop' | 'next'>, CommandAct>> = {
  create: silent(makeTask),
  exec: silent(runProgram),
  select_subs: selectSubscribers,
  delete_subs: deleteSubscribers,
  send_msg: silent(sendMessages),
  expire_bounce: silent(expireBounces),
  sync_include: silent(syncInclude),
  purge_user_table: silent(purgePersons),
  purge_logs_table: silent(purgeLogs),
  purge_session_table: silent(nothingThere('purge_session_table', 'no session lies in the database')),
  purge_spools: silent(purgeSpools),
  purge_tables: silent(purgeTables),
  purge_one_time_ticket_table: silent(
    nothingThere('purge_one_time_ticket_table', 'no ticket lies in the database'),
  ),
  purge_orphan_bounces: silent(purgeOrphanBounces),
  eval_bouncers: silent(evaluateBouncers),
  process_bouncers: silent(processBouncers),
  chk_cert_expiration: silent(checkCertificateExpiration),
  update_crl: silent(updateRevocationLists),
};

function silent(act: (given: readonly string[], run: TaskRun) => Promise<void>): CommandAct {
  return async (given, run) => {
    await act(given, run);
    return undefined;
  };
}

/** A command whose subject this service does not have; the log says so, and the task goes on. */
function nothingThere(command: string, why: string) {
  return async (_given: readonly string[], { parts, list }: TaskRun): Promise<void> => {
    parts.log.info('task command does nothing', { command, why, list: list?.address ?? null });
  };
}
