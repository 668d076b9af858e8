import { enqueueServiceMail } from '../delivery/service-mail.ts';
import { planRequest } from '../requests/plan-request.ts';
import type { Requester } from '../requests/requester.ts';
import { optionWords } from '../requests/subscriptions.ts';
import { mailTemplates } from '../templates/mail-templates.ts';
import { parseCondition } from './argument-kinds.ts';
import { TaskError } from './error.ts';
import { listOfRun, type TaskRun } from './task-run.ts';

/** Mails that one transaction asks for. */
const mailsAtOnce = 200;

/** `select_subs(older(DATE) | newer(DATE))`: by when the subscription last changed, or began. */
export async function selectSubscribers(given: readonly string[], run: TaskRun): Promise<readonly string[]> {
  const list = listOfRun(run);
  const { isOlder, atMs } = parseCondition(given[0]!, run.nowMs)!;
  const selected: string[] = [];
  for await (const { address, updatedAt, since } of run.parts.store.subscribers.iterate(list.address)) {
    const changedAt = updatedAt ?? since;
    if (isOlder ? changedAt < atMs : changedAt > atMs) selected.push(address);
  }
  return selected;
}

/** `delete_subs(@v)`: asks for each as a listmaster would, signed; the scenario `del` decides. */
export async function deleteSubscribers(given: readonly string[], run: TaskRun): Promise<readonly string[]> {
  const list = listOfRun(run);
  const { parts, robot, signal } = run;
  const sender = parts.lists.listmasters(robot)[0] ?? 'nobody';
  const requester: Requester = { sender, method: 'smime', channel: 'task', robot, messageId: '' };
  const deleted: string[] = [];
  for (const email of run.variables.get(given[0]!) ?? []) {
    signal.throwIfAborted();
    const call = { name: 'del', arguments: { list: list.address, email } } as const;
    const planned = await planRequest(call, requester, parts);
    const report = await parts.store.transaction((tx) => planned.perform(tx));
    if (report.status === 'done') deleted.push(email);
    else parts.log.info('task could not delete a subscriber', { list: list.address, code: report.code });
  }
  return deleted;
}

/**
 * `send_msg(@v, template)`: one mail an address. A run that is done again goes on where it was: no address gets the same
 * mail twice from one run.
 *
 * @throws TaskError `template-unknown`
 */
export async function sendMessages(given: readonly string[], run: TaskRun): Promise<void> {
  const list = listOfRun(run);
  const addresses = run.variables.get(given[0]!) ?? [];
  const template = templateNamed(given[1]!, ['address', 'subscriptions', 'commands']);
  const commands = `${run.robot.conf.email}@${run.robot.domain}`;
  for (let i = 0; i < addresses.length; i += mailsAtOnce) {
    run.signal.throwIfAborted();
    await run.parts.store.transaction(async (tx) => {
      for (const address of addresses.slice(i, i + mailsAtOnce)) {
        if (!(await tx.taskMails.claim(run.key, template, address))) continue;
        const row = await tx.subscribers.find(list.address, address);
        const subscriptions = row ? [`${row.list}  ${optionWords(row)}`] : [];
        await enqueueServiceMail(tx, `task ${run.key} ${template} ${address}`, {
          template,
          list: list.address,
          to: [address],
          variables: { address, subscriptions, commands },
        });
      }
    });
  }
}

/** Names of Sympa for mails that are called otherwise here. */
const olderNames: Readonly<Record<string, string>> = { 'certif-warning': 'daily-cert-expiration' };

/**
 * Gives the service mail that a model names; `_` and `-` are alike.
 *
 * @param given the variables that it is sent with
 * @throws TaskError `template-unknown`
 */
export function templateNamed(text: string, given: readonly string[]): string {
  const dashed = text.replaceAll('_', '-');
  const name = olderNames[dashed] ?? dashed;
  const template = Object.hasOwn(mailTemplates, name) ? mailTemplates[name] : undefined;
  if (!template) throw new TaskError('template-unknown', `there is no service mail ${text}`);
  for (const [variable, { optional }] of Object.entries(template.variables))
    if (!optional && !given.includes(variable))
      throw new TaskError(
        'template-unknown',
        `${text} speaks of ${variable}, of which this command knows nothing`,
      );
  return name;
}
