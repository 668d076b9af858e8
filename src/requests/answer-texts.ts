import { join } from 'node:path';
import { type Catalogue, loadCatalogue } from '../templates/catalogue.ts';
import { TemplateError } from '../templates/error.ts';
import type { TemplateValue } from '../templates/mail-templates.ts';
import { renderPhrase } from '../templates/render-text.ts';
import { visibleText } from '../templates/visible-text.ts';
import type { Situation } from './operation.ts';

/** Lines of answers in the language of whoever asked; read before the transaction, so that they can be written in it. */
export interface AnswerTexts {
  /** Gives a text of the section `answers` of `locales/` with its values, as one line or several. */
  line(key: string, values?: Readonly<Record<string, TemplateValue>>): string;
  /** Gives the reason of a scenario. */
  reason(key: string | null | undefined): string;
  /** Says in one line what a command does. */
  command(key: string): string;
}

/** Reads the texts for answers; where the site's own cannot be used, the shipped ones serve. */
export async function answerTexts({
  parts,
  requester,
  robot,
}: Pick<Situation, 'parts' | 'requester' | 'robot'>): Promise<AnswerTexts> {
  const { site, store, log } = parts;
  const lang = (await store.persons.find(requester.sender))?.lang ?? robot.conf.lang;
  const folders = [robot.etcDir, site.etcDir, site.defaultsDir].map((folder) => join(folder, 'locales'));
  const shipped = await loadCatalogue(folders.slice(-1), lang);
  const nearest = await loadCatalogue(folders, lang, ({ code }) =>
    log.warn('catalogue not usable', { code, domain: robot.domain }),
  );
  return {
    line: (key, values = {}) => {
      try {
        return phrase(nearest, key, values);
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        log.warn('text not usable', { code: error.code, key, domain: robot.domain });
        return phrase(shipped, key, values);
      }
    },
    reason: (key) => nearest.text('reasons', key),
    command: (key) => nearest.text('commands', key),
  };
}

function phrase(catalogue: Catalogue, key: string, values: Readonly<Record<string, TemplateValue>>): string {
  return renderPhrase(catalogue.text('answers', key), values, catalogue, `answers ${key}`);
}

/** Takes what is no text out of a line that people wrote, and shows what turns its order. */
export function oneLine(text: string): string {
  return visibleText(text)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
}
