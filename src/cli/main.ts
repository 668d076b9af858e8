import { processIo } from './process-io.ts';
import { runProgram } from './program.ts';

// Mail lies in what this program writes: nobody else is to read it, whatever the shell was set to.
process.umask(0o027);

await runProgram(process.argv.slice(2), processIo());
