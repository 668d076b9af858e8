import { z } from 'zod';
import { certificatesToGive } from '../trust/own-signer.ts';
import { answerTexts } from './answer-texts.ts';
import { listArgument } from './arguments.ts';
import { certificateLines } from './certificate-lines.ts';
import { listOperation } from './operation.ts';
import { done } from './report.ts';

/** Sends the certificate that a sender needs to encrypt to a list, to whoever may have its description. */
export const certificate = listOperation({
  word: 'CERTIFICATE',
  order: ['list'],
  governedBy: 'info',
  arguments: z.strictObject({ list: listArgument }),
  prepare: async (_args, situation) => {
    const { list, parts } = situation;
    const values = { list: list.address };
    const certificates = await certificatesToGive(list, parts);
    const [first] = certificates;
    if (!first) return async () => done('no-certificate', { values });
    const answer = certificateLines(first, await answerTexts(situation));
    return async () => done('certificate-given', { values, answer, certificates });
  },
});
