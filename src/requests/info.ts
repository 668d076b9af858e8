import { join } from 'node:path';
import { z } from 'zod';
import { readFileIfThere } from '../files.ts';
import type { List } from '../lists/list.ts';
import type { Certificate } from '../pki/certificate.ts';
import { certificatesToGive } from '../trust/own-signer.ts';
import { type AnswerTexts, answerTexts, oneLine } from './answer-texts.ts';
import { listArgument } from './arguments.ts';
import { certificateLines } from './certificate-lines.ts';
import { type ListSituation, listOperation, type RequestParts } from './operation.ts';
import { peopleLines } from './people-shown.ts';
import { done } from './report.ts';
import { actsAs } from './roles-held.ts';

const maxInfoBytes = 65_536;

/** Says what a list is for, who runs it, and how one joins, leaves and posts. */
export const info = listOperation({
  word: 'INFO',
  order: ['list'],
  governedBy: 'info',
  arguments: z.strictObject({ list: listArgument }),
  prepare: async (_args, situation) => {
    const { list } = situation;
    const texts = await answerTexts(situation);
    const text = await infoText(situation, texts);
    const certificates = await certificatesToGive(list, situation.parts);
    const answer = [
      ...headLines(situation, texts),
      '',
      ...howToLines(list, texts),
      ...(await postingLines(situation, texts, certificates)),
      ...(text === '' ? [] : ['', ...text.split('\n')]),
    ];
    return async () => done('answer', { answer, certificates });
  },
});

function headLines(situation: ListSituation, texts: AnswerTexts): readonly string[] {
  const { list } = situation;
  const subject = oneLine(list.config.subject);
  return [
    texts.line('list', { list: list.address }),
    ...(subject === '' ? [] : [texts.line('list-subject', { subject })]),
    ...peopleLines(list, texts, actsAs('owner', situation)),
  ];
}

function howToLines({ name, robot, address }: List, { line }: AnswerTexts): readonly string[] {
  const commands = `${robot.conf.email}@${robot.domain}`;
  return [
    line('how-to-post', { list: address }),
    line('how-to-subscribe', { commands, command: `SUBSCRIBE ${name}` }),
    line('how-to-leave', { commands, command: `SIGNOFF ${name}` }),
  ];
}

async function postingLines(
  { list, parts }: ListSituation,
  texts: AnswerTexts,
  [certificate]: readonly Certificate[],
): Promise<readonly string[]> {
  const { line } = texts;
  const request = `${list.name}-request@${list.robot.domain}`;
  return [
    ...((await isModerated(list, parts)) ? [line('moderated')] : []),
    ...(certificate ? [line('encrypted-welcome', { request }), ...certificateLines(certificate, texts)] : []),
  ];
}

/** A list is moderated where its scenario can make a post wait for an editor. */
async function isModerated(list: List, { scenarios }: RequestParts): Promise<boolean> {
  const loaded = await scenarios.load('send', list.config.send, list);
  if (loaded.status !== 'loaded') return false;
  return loaded.scenario.rules.some(({ action }) => ['editor', 'editorkey'].includes(action.name));
}

/** The text that the owners wrote; one that cannot be read is left out, since the rest of the answer holds without it. */
async function infoText({ list, parts }: ListSituation, { line }: AnswerTexts): Promise<string> {
  try {
    const bytes = await readFileIfThere(join(list.directory, 'info'), maxInfoBytes);
    const text = new TextDecoder().decode(bytes ?? new Uint8Array());
    return text
      .replaceAll(/\r\n?/g, '\n')
      .replaceAll(/[^\P{Cc}\n\t]/gu, '')
      .trim();
  } catch (error) {
    if (error instanceof RangeError) return line('info-too-long');
    parts.log.warn('info not readable', {
      list: list.address,
      code: (error as NodeJS.ErrnoException).code ?? null,
    });
    return '';
  }
}
