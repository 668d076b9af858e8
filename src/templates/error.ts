import { type ErrorOptionsOf, type ErrorTable, SsympaError } from '../errors.ts';

/** Why a service mail cannot be made. */
export const templateErrorCodes = {
  'template-unknown': { meaning: 'There is no service mail of that name.', temporary: false },
  'template-missing': {
    meaning: 'No folder of the search path has a template of that name.',
    temporary: false,
  },
  'template-faulty': {
    meaning: 'A template cannot be parsed or rendered, or it has no line `Subject: …` at its top.',
    temporary: false,
  },
  'template-too-slow': {
    meaning: 'A template was not rendered within five seconds, on this machine, at this moment.',
    temporary: true,
  },
  'variable-missing': { meaning: 'A variable that the template needs was not given.', temporary: false },
  'field-unsafe': {
    meaning: 'An address or field of a service mail has characters that may not stand in a header.',
    temporary: false,
  },
  'catalogue-faulty': { meaning: 'A file of `locales/` is not a JSON object of texts.', temporary: false },
} as const satisfies ErrorTable;

export type TemplateErrorCode = keyof typeof templateErrorCodes;

/** An expected failure of service mail. */
export class TemplateError extends SsympaError<TemplateErrorCode> {
  constructor(code: TemplateErrorCode, message: string, options?: ErrorOptionsOf) {
    super(templateErrorCodes, code, message, options);
  }
}
