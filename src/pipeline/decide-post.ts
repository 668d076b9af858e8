import { decide } from '../lists/decision.ts';
import { messageVariables, securityOf } from '../message/scenario-variables.ts';
import type { Explanation } from '../scenario/evaluate.ts';
import type { ActionName, AuthenticationMethod } from '../scenario/vocabulary.ts';
import { type Disposition, discard, hold, reject } from './disposition.ts';
import { type OpenedPost, type PipelineParts, type StepResult, settled } from './post.ts';

type MakeDisposition = (explanation: Explanation, post: OpenedPost) => Disposition;

/** What each action of a `send` scenario makes of a post; an action that `send` does not know refuses. */
const dispositions: Readonly<Partial<Record<ActionName, MakeDisposition>>> = {
  do_it: (explanation) => ({ status: 'distribute', explanation }),
  request_auth: (explanation, post) =>
    post.clearance === 'confirmed'
      ? reject('scenario-rejects', { scenarioReason: 'confirmation-again', explanation })
      : hold('sender-confirmation', explanation),
  editorkey: (explanation) => hold('moderation', explanation),
  editor: (_explanation, { list }) => ({ status: 'forward', recipients: list!.receptiveEditors }),
};

/** Lets the list's `send` scenario decide, once, by the method that the signature or a confirmation gives. */
export async function decidePost(post: OpenedPost, parts: PipelineParts): Promise<StepResult<OpenedPost>> {
  if (post.clearance === 'released') return settled({ status: 'distribute', explanation: null });
  const list = post.list!;
  const { message, opened } = post;
  const explanation = await decide(
    {
      function: 'send',
      scenario: list.config.send,
      where: list,
      method: methodOf(post),
      sender: message.sender.status === 'known' ? message.sender.address : 'nobody',
      values: { message: messageVariables(message, opened) },
      security: securityOf(opened),
    },
    parts,
  );
  parts.log.info('scenario decided', {
    message: message.id,
    list: list.address,
    scenario: explanation.name,
    method: explanation.method,
    action: explanation.decision.action,
    line: explanation.rule?.line ?? null,
  });
  return settled(dispositionOf(explanation, post));
}

/** Who sent a key back proved more than a From field, and less than a signature does. */
function methodOf({ opened, clearance }: OpenedPost): AuthenticationMethod {
  if (opened.authenticationMethod === 'smime') return 'smime';
  return clearance === 'confirmed' ? 'md5' : 'smtp';
}

function dispositionOf(explanation: Explanation, post: OpenedPost): Disposition {
  const { action, modifiers, reason } = explanation.decision;
  const make = dispositions[action];
  if (make) return make(explanation, post);
  if (modifiers.includes('quiet')) return discard('scenario-quiet', explanation);
  return reject('scenario-rejects', { scenarioReason: reason, explanation });
}
