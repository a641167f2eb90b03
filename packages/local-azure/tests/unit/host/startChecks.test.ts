import { describe, expect, test } from "vitest";
import { LocalAzureError, portError } from "../../../src/host/startChecks.ts";

describe("an error about the port", () => {
  const failure = (code: string): Error => Object.assign(new Error(`listen ${code}`), { code });

  test.each([
    ["EADDRINUSE", "port 80 is already in use. Choose another port, or leave it out to use any free port"],
    [
      "EACCES",
      "port 80 needs privileges that this process doesn't have. Choose another port, or leave it out to use any free port",
    ],
  ])("%s says what to do", (code, message) => {
    const error = portError(failure(code), 80);
    expect(error).toBeInstanceOf(LocalAzureError);
    expect(error.message).toBe(message);
  });

  test("any other error is returned unchanged", () => {
    const error = failure("EADDRNOTAVAIL");
    expect(portError(error, 80)).toBe(error);
  });
});
