import { readdirSync } from 'node:fs';
import type { SympaQuestion } from '../kit/sympa.ts';
import { askers } from './sympa-world.ts';

const methods = ['smtp', 'md5', 'smime'] as const;

/** Functions that a domain decides about; the others are those of a list. */
const ofDomains = new Set([
  'automatic_list_creation',
  'create_list',
  'family_signoff',
  'global_remind',
  'move_user',
  'spam_status',
  'topics_visibility',
]);

/** Functions that are asked with every message. */
const ofMessages = new Set(['send', 'spam_status']);

/** A question with words of its own, for what a test says. */
export interface AskedQuestion {
  readonly file: string;
  readonly words: string;
  readonly question: SympaQuestion;
}

/** Every method, asker, target and, where it counts, message and list, for each file of a folder. */
export function questionsOf(folder: string, messageNames: readonly string[]): readonly AskedQuestion[] {
  return readdirSync(folder)
    .filter((file) => /^\w+\.[\w-]+$/.test(file))
    .sort()
    .flatMap((file) => questionsOfFile(file, messageNames));
}

function questionsOfFile(file: string, messageNames: readonly string[]): readonly AskedQuestion[] {
  const dot = file.indexOf('.');
  const functionName = file.slice(0, dot);
  const base = { function: functionName, name: file.slice(dot + 1) };
  const lists = ofDomains.has(functionName) ? [undefined] : ['team', 'solo'];
  const mails = ofMessages.has(functionName) ? messageNames : [undefined];
  const asked: AskedQuestion[] = [];
  for (const method of methods)
    for (const [asker, sender] of Object.entries(askers))
      for (const target of targetsOf(functionName))
        for (const list of lists)
          for (const mail of list === 'solo' ? mails.slice(0, 1) : mails) {
            const context = {
              family: { family_owners_list: 'family' },
              ...target,
              ...(sender && { sender }),
            };
            const question = {
              ...base,
              method,
              context,
              ...(list && { list }),
              ...(mail && { message: mail }),
            };
            const words = [
              method,
              asker,
              target.email && `for ${target.email}`,
              target.current_email,
              list,
              mail,
            ];
            asked.push({ file, words: words.filter(Boolean).join(', '), question });
          }
  return asked;
}

/** Whom the request is about: the sender, another, a subscriber, an owner; for a move, who is to move. */
function targetsOf(
  functionName: string,
): readonly { readonly email?: string; readonly current_email?: string }[] {
  if (ofMessages.has(functionName)) return [{}];
  const emails = ['third@example.org', 'subscriber@example.org', 'owner@example.org'];
  const targets = [{}, ...emails.map((email) => ({ email }))];
  if (functionName !== 'move_user') return targets;
  return [...targets, { email: 'third@example.org', current_email: 'subscriber@example.org' }];
}
