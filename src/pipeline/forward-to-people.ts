import { discard } from './disposition.ts';
import { type OpenedPost, type PipelineParts, type StepResult, settled } from './post.ts';

/** Sends mail for LIST-request, LIST-editor and listmaster on to the people behind these addresses. */
export async function forwardToPeople(
  post: OpenedPost,
  parts: PipelineParts,
): Promise<StepResult<OpenedPost>> {
  const recipients = peopleBehind(post, parts);
  if (recipients.length === 0) return settled(discard('nobody-to-tell'));
  return settled({ status: 'forward', recipients });
}

function peopleBehind({ kind, list, robot }: OpenedPost, { lists }: PipelineParts): readonly string[] {
  if (kind === 'request' && list) return list.receptiveOwners;
  if (kind === 'editor' && list) return list.receptiveEditors;
  return lists.listmasters(robot);
}
