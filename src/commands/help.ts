import { operations } from '../requests/operations.ts';
import { done, type RequestReport } from '../requests/report.ts';
import { commandOperations } from './words.ts';

/**
 * Shows how each command is written.
 *
 * @param certificates that of the address that takes commands, so that commands can be sent encrypted
 */
export function helpReport(certificates: NonNullable<RequestReport['certificates']>): RequestReport {
  const lines = commandOperations.map((name) => {
    const { word, order } = operations[name];
    return [word, ...(order as readonly string[]).map((one) => placeholders[one] ?? one)].join(' ');
  });
  return done('help', { answer: [...lines, 'AUTH KEY', 'CONFIRM KEY', 'QUIT'].sort(), certificates });
}

/** What a person writes in place of an argument. */
const placeholders: Readonly<Record<string, string>> = {
  list: 'LIST',
  family: 'FAMILY',
  email: 'ADDRESS',
  gecos: '[NAME]',
  key: 'KEY',
  month: 'YYYY-MM',
  from: '[NUMBER]',
  options: 'OPTION…',
};
