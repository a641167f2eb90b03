const word = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const host = "[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+(?::\\d+)?|[A-Za-z0-9-]+:\\d+|localhost";
/** An image reference as registries define it (github.com/distribution/reference); names have at most 255 characters. */
const reference = new RegExp(
  `^(?![^@]{385})(?:(?:${host})/)?${word}(?:/${word})*(?::(?<tag>\\w[\\w.-]{0,127}))?(?<digest>@(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?$`,
);

/** Returns an image's tag, empty if it has none, or undefined for an invalid reference. A digest counts as a tag. */
export function imageTag(image: string): string | undefined {
  const groups = reference.exec(image)?.groups;
  return groups && (groups.digest ?? groups.tag ?? "");
}
