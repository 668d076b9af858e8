import type { Scenario, ScenarioSource, ScenarioText } from './syntax.ts';

/** What a caller gives beside the text. */
export interface ParseOptions {
  /**
   * Gives the text of `scenari/include.NAME`, already read, or `undefined` where there is none. It is also asked for
   * `<function>.header`, whose rules stand in front of all.
   */
  readonly resolveInclude?: (name: string) => ScenarioText | undefined;
  /** True when the function is in `use_blocklist`: the filter `blocklist.txt` is asked before everything. */
  readonly blocklist?: boolean;
  /** Tells whether the list has a parameter `[list->NAME]`; without it every name is taken. */
  readonly isListParameter?: (name: string) => boolean;
}

/** Parses a scenario. */
export function parseScenario(text: string, source: ScenarioSource, options: ParseOptions = {}): Scenario {
  throw new Error(`not yet: ${text.length} ${source.name} ${Object.keys(options).length}`);
}
