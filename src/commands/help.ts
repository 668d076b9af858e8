import type { ZodObject } from 'zod';
import { answerTexts } from '../requests/answer-texts.ts';
import type { RequestParts } from '../requests/operation.ts';
import { type OperationName, operations } from '../requests/operations.ts';
import { done, type RequestReport } from '../requests/report.ts';
import type { Requester } from '../requests/requester.ts';
import { type Role, rolesHeld } from '../requests/roles-held.ts';
import { siteCertificates } from '../requests/site-certificates.ts';
import { commandOperations, type OwnCommand, ownCommands } from './words.ts';

/** Commands that are of no use to others than these. */
const audiences: Readonly<Partial<Record<OperationName, readonly Role[]>>> = {
  add: ['owner'],
  del: ['owner'],
  remind: ['owner'],
  'global-remind': ['listmaster'],
  modindex: ['editor'],
  distribute: ['editor'],
  reject: ['editor', 'owner'],
};

/** What a person writes in place of an argument. */
const placeholders: Readonly<Record<string, string>> = {
  list: 'LIST',
  family: 'FAMILY',
  certificate: 'FINGERPRINT',
  email: 'ADDRESS',
  gecos: 'NAME',
  key: 'KEY',
  month: 'YYYY-MM',
  from: 'NUMBER',
  options: 'OPTION…',
};

/** Writes how a command is written, in brackets what may be left out: `SUBSCRIBE LIST [NAME]`. */
export function commandForm(name: OperationName): string {
  const { word, order, arguments: schema } = operations[name];
  const shape: ZodObject['shape'] =
    schema instanceof Object && 'shape' in schema ? (schema as ZodObject).shape : {};
  const shown = (order as readonly string[]).map((argument) => {
    const placeholder = placeholders[argument] ?? argument.toUpperCase();
    return shape[argument]?.safeParse(undefined).success === true ? `[${placeholder}]` : placeholder;
  });
  return [word, ...shown].join(' ');
}

/**
 * Shows how each command is written and what it does, to each those that are there for that person; with the certificate of
 * the address that takes commands, so that they can be sent encrypted.
 */
export async function helpReport(requester: Requester, parts: RequestParts): Promise<RequestReport> {
  const texts = await answerTexts({ parts, requester, robot: requester.robot });
  const roles = await rolesHeld(requester, parts);
  const requests = commandOperations
    .filter((name) => audiences[name]?.some((one) => roles.has(one)) ?? true)
    .map((name) => [commandForm(name), texts.command(name)] as const);
  const others = (Object.keys(ownCommands) as OwnCommand[]).map(
    (name) => [ownCommands[name], texts.command(name)] as const,
  );
  const answer = [...requests, ...others].flatMap(([form, text]) => [form, `    ${text}`]);
  return done('help', { answer, certificates: await siteCertificates(requester, parts) });
}
