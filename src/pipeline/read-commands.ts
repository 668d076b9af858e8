import {
  type CommandScript,
  moderationOf,
  scriptOfBody,
  scriptOfSubject,
} from '../commands/command-script.ts';
import type { ParsedAct } from '../commands/parse-command.ts';
import { type PlannedCommand, planCommands } from '../commands/plan-commands.ts';
import type { List } from '../lists/list.ts';
import { mayBeAnswered } from '../message/automatic.ts';
import { acceptedLanguage } from '../message/language.ts';
import { messageVariables, securityOf } from '../message/scenario-variables.ts';
import { parseAddress } from '../mime/address.ts';
import { understoodCall } from '../requests/call.ts';
import { type ReportCode, refused } from '../requests/report.ts';
import { prepareReports } from '../requests/report-mail.ts';
import type { Requester } from '../requests/requester.ts';
import { type CommandProof, proofOf } from './command-proof.ts';
import { discard, reject } from './disposition.ts';
import { type OpenedPost, type PipelineParts, proceed, type StepResult, settled } from './post.ts';
import { subjectOf, textOf } from './readable-text.ts';

/** Refuses commands of nobody: there is no one to ask a scenario about, nor an address for the report. */
export async function requireAuthor(post: OpenedPost): Promise<StepResult<OpenedPost>> {
  return hasAuthor(post) ? proceed(post) : settled(reject('no-sender'));
}

function hasAuthor({ message: { sender } }: OpenedPost): boolean {
  return sender.status === 'known' && parseAddress(sender.address) !== undefined;
}

/** Reads the commands of a message to an address that takes nothing else, and decides on each. */
export async function readCommands(post: OpenedPost, parts: PipelineParts): Promise<StepResult<OpenedPost>> {
  return execute(post, fixedScript(post) ?? scriptOf(post), parts);
}

async function execute(
  post: OpenedPost,
  script: CommandScript,
  parts: PipelineParts,
): Promise<StepResult<OpenedPost>> {
  // A machine that answers while somebody is away, with the key in its Subject, confirms nothing.
  if (script.commands.some(({ act }) => takesKey.has(act.kind)) && !mayBeAnswered(post.message))
    return settled(discard('auto-submitted'));
  return settled({ status: 'execute', batch: await batchOf(post, script, parts) });
}

const takesKey: ReadonlySet<ParsedAct['kind']> = new Set(['auth', 'confirm-post']);

/** Words that people write to `LIST-request` for the service, not for the owners. */
const requestWords: ReadonlySet<string> = new Set(['subscribe', 'signoff']);

/**
 * Takes out of the mail for the owners of a list what is for the service: a Subject that is a command to join or leave
 * that list, a key sent back, or a body of whole commands about that list alone. Everything else goes on: people begin
 * sentences with such words too.
 */
export async function readOwnersCommands(
  post: OpenedPost,
  parts: PipelineParts,
): Promise<StepResult<OpenedPost>> {
  if (!post.list || !hasAuthor(post)) return proceed(post);
  const { address: list } = post.list;
  const subject = scriptOfSubject(subjectOf(post) ?? '', { list });
  const first = subject?.commands[0]?.act;
  const isJoining = first?.kind !== 'request' || requestWords.has(first.call.name);
  if (subject && first && isJoining && isForUs(first, post.list!)) return execute(post, subject, parts);
  const body = scriptOfBody(textOf(post), { list });
  const isWhole = body.commands.length > 0 && body.stopped === undefined;
  return isWhole && body.commands.every(({ act }) => isForUs(act, post.list!))
    ? execute(post, body, parts)
    : proceed(post);
}

/** Tells whether a line is a command that is about this list, or about none. */
function isForUs(act: ParsedAct, { name, address }: List): boolean {
  if (act.kind !== 'request') return act.kind !== 'faulty';
  const call = understoodCall(act.call);
  if (!call) return false;
  const { list } = call.arguments;
  return list === undefined || list === name || list === address;
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
  const fromSubject = scriptOfSubject(subject);
  if (fromSubject && fromSubject.commands[0]!.act.kind !== 'faulty') return fromSubject;
  // A Subject that only begins like a command may be a sentence above commands.
  const body = scriptOfBody(textOf(post), moderationOf(subject));
  return fromSubject && body.commands.length === 0 ? fromSubject : body;
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
    signatures: proof.status === 'proved' ? proof.signatures : [],
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
  const certificate = method === 'smime' ? opened.signers[0]?.certificate?.sha256 : undefined;
  return {
    sender: message.sender.status === 'known' ? message.sender.address : 'nobody',
    method,
    channel: 'mail',
    robot,
    values: { message: messageVariables(message, opened) },
    security: securityOf(opened),
    messageId: message.id,
    signature: { status, reason: opened.sender.reason ?? reason, ...(certificate && { certificate }) },
  };
}
