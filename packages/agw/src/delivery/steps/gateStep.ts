import { type Finding, gate, gateMarkdown, isInternal } from "../decisions/gate.ts";
import { at } from "../digest/previewDigest.ts";
import { append, type Options, readObject, required, type StepEnvironment, UsageError } from "./step.ts";

/** Compares what the probe found with what the stack asks for. Returns 1 if the gate fails; a warning passes. */
export async function gateStep(options: Options, environment: StepEnvironment): Promise<number> {
  const stack = required(options, "stack");
  const outputs = await readObject(required(options, "outputs"));
  const { verdict, cause, reason } = await findingOf(options, outputs.url);
  // The doctor's report is optional: its file is empty if the doctor failed.
  const doctor = options.doctor === undefined ? undefined : await readObject(options.doctor).catch(() => undefined);
  const least = at(doctor, "replicas.min");
  const result = gate({
    verdict,
    cause: typeof cause === "string" ? cause : undefined,
    sticky: outputs.stickySessionsEnabled !== false,
    minReplicas: typeof least === "number" ? least : undefined,
    internal: isInternal(outputs.url),
    access: {
      restricted: Number(at(doctor, "ingress.ipRestrictions")) > 0,
      clientCertificate: at(doctor, "ingress.clientCertificate") === true,
    },
  });
  const markdown = gateMarkdown(stack, verdict, result, typeof reason === "string" ? reason : undefined);
  environment.out(markdown);
  await append(environment.env.GITHUB_STEP_SUMMARY, markdown);
  return result.result === "fail" ? 1 : 0;
}

/** A stack without ingress has an empty `url` output and no probe report. */
async function findingOf(
  options: Options,
  url: unknown,
): Promise<{ verdict: Finding; cause?: unknown; reason?: unknown }> {
  const file = required(options, "probe");
  if (url === "") return { verdict: "not probed" };
  const { verdict: given, cause, reason } = await readObject(file);
  // Imported lazily, because other steps of this program run in jobs that install no packages.
  const { verdicts } = await import("mcp-affinity-probe");
  const known = Object.keys(verdicts) as (keyof typeof verdicts)[];
  const verdict = known.find((name) => name === given);
  if (verdict === undefined)
    throw new UsageError(`the probe's report has no known verdict; expected one of ${known.join(", ")}`);
  return { verdict, cause, reason };
}
