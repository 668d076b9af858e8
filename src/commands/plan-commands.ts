import { planPostConfirmation } from '../requests/confirm-post.ts';
import { planConfirmation } from '../requests/confirm-request.ts';
import type { RequestParts } from '../requests/operation.ts';
import { type PlannedRequest, planRequest } from '../requests/plan-request.ts';
import { type RequestReport, refused } from '../requests/report.ts';
import type { Requester } from '../requests/requester.ts';
import { type CommandScript, maxCommands } from './command-script.ts';
import { helpReport } from './help.ts';
import type { ParsedAct } from './parse-command.ts';

/** A command that was decided on. */
export interface PlannedCommand extends PlannedRequest {
  /** Whoever asked wants to hear of it only where something is wrong. */
  readonly quiet: boolean;
}

/** Decides on each command of a message, in its order; nothing is changed yet. */
export async function planCommands(
  script: CommandScript,
  requester: Requester,
  parts: RequestParts,
): Promise<readonly PlannedCommand[]> {
  const planned: PlannedCommand[] = [];
  for (const { act, quiet } of script.commands)
    planned.push({ ...(await planAct(act, requester, parts)), quiet });
  const { stopped } = script;
  if (stopped) {
    const values = { line: stopped.line, max: maxCommands };
    planned.push({ ...always('', refused(stopped.code, { values })), quiet: false });
  }
  return planned;
}

async function planAct(act: ParsedAct, requester: Requester, parts: RequestParts): Promise<PlannedRequest> {
  switch (act.kind) {
    case 'request':
      return planRequest(act.call, requester, parts);
    case 'auth':
      return planConfirmation(act, requester, parts);
    case 'confirm-post':
      return planPostConfirmation(act.key, requester, parts);
    case 'help':
      return always('HELP', await helpReport(requester, parts));
    case 'faulty':
      return always(act.word, refused('bad-arguments'));
  }
}

function always(command: string, report: RequestReport): PlannedRequest {
  return { command, perform: async () => report };
}
