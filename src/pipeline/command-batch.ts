import type { PlannedCommand } from '../commands/plan-commands.ts';
import type { ReportWriter } from '../requests/report-mail.ts';

/** The commands of one message, decided on, and how they are reported. */
export interface CommandBatch {
  readonly commands: readonly PlannedCommand[];
  /** Where the report goes: the sender of the commands. */
  readonly replyTo: string;
  readonly reports: ReportWriter;
  /** What names the signatures that the commands were proved by; each counts once. */
  readonly signatures: readonly string[];
}
