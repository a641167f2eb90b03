/**
 * Loaded before the program: ends it when the engine that started it is gone, however that ended. A program that waits for an
 * engine's answer otherwise waits for ever, and Pulumi's SDK does so at full speed. The engine holds the other
 * end of stdin. Watching it keeps no program alive that has nothing left to do.
 */
(process.stdin.on("close", () => process.exit(1)).resume() as unknown as { unref(): void }).unref();
