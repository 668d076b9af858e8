import {
  type CommandScript,
  moderationOf,
  scriptOfBody,
  scriptOfSubject,
  unflow,
} from '../commands/command-script.ts';
import { type PlannedCommand, planCommands } from '../commands/plan-commands.ts';
import { acceptedLanguage } from '../message/language.ts';
import { messageVariables, securityOf } from '../message/scenario-variables.ts';
import { MimeError } from '../mime/error.ts';
import { findField } from '../mime/header.ts';
import { type ReportCode, refused } from '../requests/report.ts';
import { prepareReports } from '../requests/report-mail.ts';
import type { Requester } from '../requests/requester.ts';
import { readMainText } from '../smime/legacy-display.ts';
import { type CommandProof, proofOf } from './command-proof.ts';
import { reject } from './disposition.ts';
import { type OpenedPost, type PipelineParts, proceed, type StepResult, settled } from './post.ts';

/** Refuses commands of nobody: there is no one to ask a scenario about. */
export async function requireAuthor(post: OpenedPost): Promise<StepResult<OpenedPost>> {
  return post.message.sender.status === 'known' ? proceed(post) : settled(reject('no-sender'));
}

/** Reads the commands of a message to an address that takes nothing else, and decides on each. */
export async function readCommands(post: OpenedPost, parts: PipelineParts): Promise<StepResult<OpenedPost>> {
  const script = fixedScript(post) ?? scriptOf(post);
  return settled({ status: 'execute', batch: await batchOf(post, script, parts) });
}

/** Words that people write to `LIST-request` for the service, not for the owners. */
const requestWords: ReadonlySet<string> = new Set(['subscribe', 'signoff']);

/**
 * Takes out of the mail for the owners of a list what is for the service: a Subject that is a command to join or leave,
 * a key sent back, or a body of commands alone. Everything else goes on.
 */
export async function readOwnersCommands(
  post: OpenedPost,
  parts: PipelineParts,
): Promise<StepResult<OpenedPost>> {
  if (post.message.sender.status !== 'known') return proceed(post);
  const surroundings = { list: post.list!.address };
  const subject = scriptOfSubject(subjectOf(post) ?? '', surroundings);
  const first = subject?.commands[0]?.act;
  const isForUs =
    first?.kind === 'auth' ||
    first?.kind === 'confirm-post' ||
    first?.kind === 'help' ||
    (first?.kind === 'request' && requestWords.has(first.call.name));
  const body = isForUs ? undefined : scriptOfBody(textOf(post), surroundings);
  const isWholeBody = body !== undefined && body.commands.length > 0 && body.stopped === undefined;
  const script = isForUs ? subject : isWholeBody ? body : undefined;
  if (!script) return proceed(post);
  return settled({ status: 'execute', batch: await batchOf(post, script, parts) });
}

/** The addresses `LIST-subscribe` and `LIST-unsubscribe` are a command each; Subject and body do not count. */
function fixedScript({ list, message }: OpenedPost): CommandScript | undefined {
  if (!list) return undefined;
  const name = message.recipient.split('@')[0]!.endsWith('-unsubscribe') ? 'signoff' : 'subscribe';
  const call = { name, arguments: { list: list.address } } as const;
  return { source: 'address', commands: [{ act: { kind: 'request', call }, quiet: false }] };
}

function scriptOf(post: OpenedPost): CommandScript {
  const subject = subjectOf(post) ?? '';
  return scriptOfSubject(subject) ?? scriptOfBody(textOf(post), moderationOf(subject));
}

/** RFC 9788 §4.8.1: where a header is protected, that one is meant. */
function subjectOf({ opened, message }: OpenedPost): string | undefined {
  const { mode, status, subject } = opened.headerProtection;
  if (mode !== 'none' && status !== 'unprotected') return subject ?? undefined;
  return findField(message.entity.header, 'subject')?.body;
}

/** Only plain text is read for commands; of what breaks a limit nothing. */
function textOf({ opened }: OpenedPost): string {
  try {
    const decrypted = opened.decryption.status === 'opened';
    const main = opened.innermost?.use((bytes) => readMainText(bytes, decrypted));
    if (main?.subtype !== 'plain') return '';
    return main.format === 'flowed' ? unflow(main.text) : main.text;
  } catch (error) {
    if (error instanceof MimeError) return '';
    throw error;
  }
}

async function batchOf(post: OpenedPost, script: CommandScript, parts: PipelineParts) {
  const { message, robot, list } = post;
  const sender = message.sender.status === 'known' ? message.sender.address : 'nobody';
  const proof = proofOf(post, script, parts);
  const known = await parts.store.persons.find(sender);
  const lang = known?.lang ?? acceptedLanguage(message.entity.header) ?? list?.config.lang ?? robot.conf.lang;
  return {
    commands: await planned(post, script, proof, parts),
    replyTo: sender,
    reports: await prepareReports({ robot, list, lang }, parts),
    signature: proof.status === 'proved' ? proof.signature : null,
  };
}

async function planned(
  post: OpenedPost,
  script: CommandScript,
  proof: CommandProof,
  parts: PipelineParts,
): Promise<readonly PlannedCommand[]> {
  if (script.commands.length === 0) return [nothing('no-command')];
  if (proof.status === 'refused') return [nothing(proof.code)];
  return planCommands(script, requesterOf(post, proof), parts);
}

function nothing(code: ReportCode): PlannedCommand {
  return { command: '', quiet: false, perform: async () => refused(code) };
}

function requesterOf(
  { message, opened, robot }: OpenedPost,
  { method }: Extract<CommandProof, { readonly status: 'proved' }>,
): Requester {
  const { status, reason } = opened.signature;
  return {
    sender: message.sender.status === 'known' ? message.sender.address : 'nobody',
    method,
    channel: 'mail',
    robot,
    values: { message: messageVariables(message, opened) },
    security: securityOf(opened),
    messageId: message.id,
    signature: { status, reason: opened.sender.reason ?? reason },
  };
}
