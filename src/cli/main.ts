import { processIo } from './process-io.ts';
import { runProgram } from './program.ts';

await runProgram(process.argv.slice(2), processIo());
