/**
 * Loaded before the program. Ends the program when its engine is gone, even after a SIGKILL: otherwise it would wait
 * forever for an answer, and Pulumi's SDK does that with a busy loop. The engine has the other end of stdin. `unref`
 * lets a program that is done exit.
 */
(process.stdin.on("close", () => process.exit(1)).resume() as unknown as { unref(): void }).unref();
