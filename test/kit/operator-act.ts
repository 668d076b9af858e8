import { add } from '../../src/requests/add.ts';
import { del } from '../../src/requests/del.ts';
import type { ListSituation } from '../../src/requests/operation.ts';
import type { TaskSite } from './task-site.ts';

const operations = { add, del } as const;

/** Adds or deletes a subscriber as the operator does on the command line, and gives the code of the report. */
export async function actOfOperator(
  { quiet, parts }: Pick<TaskSite, 'quiet' | 'parts'>,
  operation: keyof typeof operations,
  address: string,
  email: string,
): Promise<string> {
  const list = await quiet.lists.get(address);
  const { robot } = list;
  const requester = {
    sender: 'nobody',
    method: 'md5',
    channel: 'command-line',
    robot,
    messageId: '',
  } as const;
  const situation: ListSituation = { parts, requester, robot, list, modifiers: ['quiet'] };
  const act = await operations[operation].prepare({ list: address, email }, situation);
  return (await quiet.store.transaction(act)).code;
}
