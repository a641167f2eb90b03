import { canonical } from "../../../arm/json.ts";
import { type App, latestReadyRevision, latestRevision, type Revision, type Template } from "../model/app.ts";
import { readTemplate } from "../reads/readTemplate.ts";

/** What a write does to an app's revisions. */
export type RevisionStep =
  | { readonly kind: "keep" }
  /** The template has changed: a new revision takes over once it is ready. */
  | { readonly kind: "new"; readonly name: string }
  /** The latest revision isn't ready, and the template matches the serving revision's, so that the serving revision becomes the latest again. */
  | { readonly kind: "back"; readonly name: string }
  | { readonly kind: "nameTaken"; readonly name: string };

type Revisions = Pick<App, "name" | "revisions" | "latest" | "latestReady">;

/**
 * Decides what a write does to an app's revisions. Only a changed template creates a revision; changes to ingress,
 * secrets and tags don't. The suffix is part of the name, not of the content. Going back to the serving revision is
 * this project's choice, because no public source shows what Azure does (docs/local-azure.md).
 */
export function nextRevision(app: Revisions, template: Template): RevisionStep {
  const suffix = template.revisionSuffix ?? "";
  const name =
    suffix === "" ? `${app.name}--${String(app.revisions.length + 1).padStart(7, "0")}` : `${app.name}--${suffix}`;
  const wanted = content(template);
  const fits = (revision: Revision): boolean =>
    content(revision.template) === wanted && (suffix === "" || revision.name === name);
  const [last, serving] = [latestRevision(app), latestReadyRevision(app)];
  if (last !== undefined && fits(last)) return { kind: "keep" };
  const isStuck = last?.phase === "Activating" || last?.phase === "Failed";
  if (isStuck && serving?.phase === "Running" && fits(serving)) return { kind: "back", name: serving.name };
  if (app.revisions.some((revision) => revision.name === name)) return { kind: "nameTaken", name };
  return { kind: "new", name };
}

/** Includes defaults, so that a client that sends back what it read changes nothing. */
const content = (template: Template): string => canonical(readTemplate({ ...template, revisionSuffix: "" }));
